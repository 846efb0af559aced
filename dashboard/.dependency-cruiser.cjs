// Who may import whom, top to bottom: app, features, posts, charts, ui, place, live, api, words.
// Features never import each other: what two of them need moves down.
const LAYERS = ["app", "features", "posts", "charts", "ui", "place", "live", "api", "words"];

const upward = LAYERS.slice(1).map((layer, i) => ({
  name: `${layer}-imports-nothing-above-it`,
  severity: "error",
  from: { path: `^src/${layer}/` },
  to: { path: `^src/(main|${LAYERS.slice(0, i + 1).join("/|")}/)` },
}));

module.exports = {
  forbidden: [
    ...upward,
    {
      name: "features-are-separate",
      severity: "error",
      from: { path: "^src/features/([^/]+)/" },
      to: { path: "^src/features/", pathNot: "^src/features/$1/" },
    },
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "words-and-places-touch-nothing-outside",
      comment: "what is pure stays pure: no React, no charts, no fetch",
      severity: "error",
      from: { path: "^src/(words/|live/state|charts/(series|option))", pathNot: "\\.test\\.ts$" },
      to: { path: "node_modules/(react|echarts|@tanstack|openapi-fetch)" },
    },
    {
      name: "only-declared-packages",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".tsx", ".d.ts", ".js", ".css"],
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
    },
  },
};
