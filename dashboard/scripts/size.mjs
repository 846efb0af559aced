// Ends with 1 when what the first page needs is larger than promised: JavaScript, gzipped.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LARGEST = 350 * 1024;
const folder = new URL("../../src/groundswell/api/page/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));

/** The files of an entry and of everything it imports. */
function files(name, found = new Set()) {
  const entry = manifest[name];
  if (found.has(entry.file)) return found;
  found.add(entry.file);
  for (const next of entry.imports ?? []) files(next, found);
  return found;
}

// the chart is loaded behind the rest of the first page; it counts as well
const initial = [...files("src/charts/TrendChart.tsx", files("index.html"))];
const bytes = initial.map((file) => gzipSync(readFileSync(new URL(file, folder))).length);
const total = bytes.reduce((sum, size) => sum + size, 0);
process.stdout.write(
  `initial JavaScript: ${(total / 1024).toFixed(1)} kB gzipped in ${initial.length} files\n`,
);
if (total > LARGEST) {
  process.stderr.write(`that is more than ${LARGEST / 1024} kB: load a page's code when it is opened\n`);
  process.exit(1);
}
