import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const SERVER = process.env.GROUNDSWELL_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig(({ command }) => ({
  base: command === "build" ? "/page/" : "/",
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../src/groundswell/api/page", // the package brings it along; it is not committed
    emptyOutDir: true,
    assetsInlineLimit: 0, // nothing inline: the page's policy allows no data: but what it draws itself
    modulePreload: { polyfill: false }, // it would be an inline script
    manifest: "manifest.json",
    license: { fileName: "licenses.md" },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "^/(api|docs|health|openapi.json)": { target: SERVER, ws: true } } },
  // a machine that is busy with other things is no reason to fail
  test: { include: ["src/**/*.test.ts"], environment: "node", testTimeout: 120_000 },
}));
