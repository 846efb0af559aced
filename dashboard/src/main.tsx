import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import "@/ui/theme.css";
import "@/ui/kit.css";
import "@/ui/figures.css";
import "@/charts/charts.css";
import "@/posts/posts.css";
import "@/app/app.css";

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      retry: false, // the next reading comes by itself, and until then the page says what is the matter
      networkMode: "always", // a server on this machine is there without a network
      staleTime: 2_000,
    },
    mutations: { networkMode: "always" },
  },
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={cache}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}
