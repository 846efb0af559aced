// The frame of every page: brand, navigation, connection, theme; each page is loaded when it is opened.

import { QueryErrorResetBoundary } from "@tanstack/react-query";
import { type ComponentType, lazy, Suspense, useEffect } from "react";
import { useHashLocation } from "wouter/use-hash-location";
import { retried } from "@/api/retried";
import { useGet } from "@/api/views";
import LivePage from "@/features/live/LivePage";
import { useLink } from "@/live/store";
import { Badge, Loading } from "@/ui/kit";
import { chooseTheme, useTheme } from "@/ui/theme";
import { Away } from "./Away";
import { Boundary } from "./Boundary";
import { Freshness } from "./Freshness";

interface Page {
  path: string;
  name: string;
  show: ComponentType;
}

const PAGES: readonly Page[] = [
  { path: "/", name: "Live", show: LivePage },
  { path: "/alerts", name: "Alerts", show: lazy(retried(() => import("@/features/alerts/AlertsPage"))) },
  { path: "/topics", name: "Topics", show: lazy(retried(() => import("@/features/topics/TopicsPage"))) },
  { path: "/label", name: "Label", show: lazy(retried(() => import("@/features/label/LabelPage"))) },
  { path: "/models", name: "Models", show: lazy(retried(() => import("@/features/models/ModelsPage"))) },
  { path: "/try", name: "Try", show: lazy(retried(() => import("@/features/try/TryPage"))) },
  { path: "/system", name: "System", show: lazy(retried(() => import("@/features/system/SystemPage"))) },
];

const LINKS = { connecting: "Connecting…", live: "Live", away: "Not connected" } as const;

export function App() {
  const [path] = useHashLocation();
  const page = PAGES.find((one) => one.path === path);
  const Show = page?.show ?? Nowhere;
  useEffect(() => {
    document.title = page && page.path !== "/" ? `${page.name} · Groundswell` : "Groundswell";
  }, [page]);
  return (
    <>
      <button type="button" className="skip" onClick={toMain}>
        Skip to the content
      </button>
      <Freshness />
      <Top path={path} />
      <main id="main" tabIndex={-1}>
        <Away />
        <QueryErrorResetBoundary>
          <Boundary key={path}>
            <Suspense fallback={<Loading />}>
              <Show />
            </Suspense>
          </Boundary>
        </QueryErrorResetBoundary>
      </main>
      <footer>
        <span>Counts are of posts read here; shares carry 95 % intervals.</span>
        <nav aria-label="More">
          <a href="/docs">API</a>
          <a href="/health">Health</a>
          <a href="/metrics">Metrics</a>
        </nav>
      </footer>
    </>
  );
}

function Top({ path }: { path: string }) {
  const open = useGet("alerts", "/api/v1/alerts", { status: "open", limit: 1 }).data?.metadata.total ?? 0;
  const link = useLink();
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <header className="top">
      <a className="brand" href="#/">
        <img src={`${import.meta.env.BASE_URL}mark.svg`} alt="" width="28" height="28" />
        <span>Groundswell</span>
      </a>
      <nav className="pages" aria-label="Pages">
        {PAGES.map((page) => (
          <a key={page.path} href={`#${page.path}`} aria-current={page.path === path ? "page" : undefined}>
            {page.name}
            {page.name === "Alerts" && open > 0 && (
              <>
                {" "}
                <Badge tone="warn">{open} open</Badge>
              </>
            )}
          </a>
        ))}
      </nav>
      <p className="link" data-state={link.state} role="status" data-testid="connection">
        <span className="dot" aria-hidden="true" />
        {LINKS[link.state]}
      </p>
      <button
        type="button"
        className="plain"
        onClick={() => chooseTheme(other)}
        aria-label={`Show it ${other}`}
      >
        <span aria-hidden="true">{theme === "dark" ? "☀" : "☾"}</span>
      </button>
    </header>
  );
}

const toMain = () => document.getElementById("main")?.focus();

const Nowhere = () => (
  <p className="said">
    There is no such page. <a href="#/">Go to the live page.</a>
  </p>
);
