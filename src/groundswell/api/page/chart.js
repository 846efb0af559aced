// Draws the trend: shares with their intervals above, posts below, and where the picture is not complete.

import { modelChanges, points, runs, ticks } from "./series.js";
import { capital, count, percent, range } from "./words.js";

const HEIGHT = 260;
const EDGE = { left: 40, right: 12, top: 10, bottom: 24 };
const BARS = 40; // height of the posts' bars
const LINES_BOTTOM = HEIGHT - EDGE.bottom - BARS - 10;

/** Draw into `host`; `label` turns a Date into the text of its tick, `span` buckets make one point. */
export function drawTrend(host, buckets, { span, label }) {
  const width = Math.max(280, host.clientWidth);
  const data = points(buckets, span);
  const scale = scales(width, data);
  const svg = make("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img" });
  svg.setAttribute("aria-label", summary(data, label));
  svg.append(hatching(), ...partial(data, scale), ...grid(width, data, scale, label), ...bars(data, scale));
  for (const name of ["negative", "positive"]) svg.append(...line(name, data, scale));
  svg.append(...changes(buckets, scale), ...pointer(svg, data, scale, label));
  host.replaceChildren(svg);
}

function scales(width, data) {
  const step = (width - EDGE.left - EDGE.right) / Math.max(1, data.length);
  const most = Math.max(1, ...data.map((point) => point.posts));
  return {
    step,
    left: (i) => EDGE.left + i * step,
    x: (i) => EDGE.left + (i + 0.5) * step,
    y: (share) => EDGE.top + (1 - share) * (LINES_BOTTOM - EDGE.top),
    bar: (posts) => (posts / most) * BARS,
    index: (x) => Math.min(data.length - 1, Math.max(0, Math.floor((x - EDGE.left) / step))),
    most,
  };
}

function make(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function hatching() {
  const pattern = make("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse" });
  pattern.append(make("path", { d: "M0 6 6 0", class: "hatch" }));
  const defs = make("defs", {});
  defs.append(pattern);
  return defs;
}

function partial(data, { left, step }) {
  return runs(data.map((point) => (point.complete ? null : true))).map((run) =>
    make("rect", {
      x: left(run[0][0]),
      y: EDGE.top,
      width: run.length * step,
      height: HEIGHT - EDGE.bottom - EDGE.top,
      fill: "url(#hatch)",
    }),
  );
}

function grid(width, data, { x, y, most }, label) {
  const across = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    make("line", { x1: EDGE.left, x2: width - EDGE.right, y1: y(share), y2: y(share), class: "grid" }),
    make("text", { x: EDGE.left - 6, y: y(share) + 4, "text-anchor": "end" }, percent(share)),
  ]);
  const along = ticks(data.length, Math.floor(width / 90)).map((i) =>
    make("text", { x: x(i), y: HEIGHT - 6, "text-anchor": "middle" }, label(data[i].at)),
  );
  const top = HEIGHT - EDGE.bottom - BARS + 4;
  return [...across, ...along, make("text", { x: EDGE.left - 6, y: top, "text-anchor": "end" }, count(most))];
}

function bars(data, { left, step, bar }) {
  const gap = step > 4 ? 1 : 0;
  return data
    .map((point, i) => [bar(point.posts), i])
    .filter(([height]) => height > 0)
    .map(([height, i]) =>
      make("rect", {
        x: left(i),
        y: HEIGHT - EDGE.bottom - height,
        width: Math.max(0.5, step - gap),
        height,
        class: "bar",
      }),
    );
}

function line(name, data, { x, y }) {
  return runs(data.map((point) => point[name])).flatMap((run) => {
    const at = (key) => run.map(([i, share]) => `${x(i).toFixed(1)} ${y(share[key]).toFixed(1)}`);
    const middle = at("share").join("L");
    return [
      make("path", { d: `M${at("high").join("L")}L${at("low").reverse().join("L")}Z`, class: `band ${name}` }),
      // a run of one point is a dot: a zero-length line with round ends
      make("path", { d: run.length > 1 ? `M${middle}` : `M${middle}h0`, class: `line ${name}` }),
    ];
  });
}

function changes(buckets, { left }) {
  return modelChanges(buckets).flatMap(({ index, versions }) => [
    make("line", { x1: left(index), x2: left(index), y1: EDGE.top, y2: HEIGHT - EDGE.bottom, class: "change" }),
    make("text", { x: left(index) + 4, y: EDGE.top + 10, class: "change" }, versions.join(", ")),
  ]);
}

/** Show the numbers under the pointer. */
function pointer(svg, data, scale, label) {
  const mark = make("line", { y1: EDGE.top, y2: HEIGHT - EDGE.bottom, class: "pointer", visibility: "hidden" });
  const words = make("text", { y: EDGE.top + 2, class: "pointer", visibility: "hidden" });
  const show = (visible) => [mark, words].forEach((e) => e.setAttribute("visibility", visible ? "visible" : "hidden"));
  svg.addEventListener("pointerleave", () => show(false));
  svg.addEventListener("pointermove", (event) => {
    const i = scale.index(event.offsetX);
    const x = scale.x(i);
    const right = x > svg.clientWidth / 2;
    mark.setAttribute("x1", x);
    mark.setAttribute("x2", x);
    words.setAttribute("x", x + (right ? -8 : 8));
    words.setAttribute("text-anchor", right ? "end" : "start");
    const offset = Number(words.getAttribute("x"));
    const lines = described(data[i], label).map((text, row) => make("tspan", { x: offset, dy: row ? 15 : 10 }, text));
    words.replaceChildren(...lines);
    show(true);
  });
  return [mark, words];
}

function described(point, label) {
  const shares = ["positive", "negative"].filter((name) => point[name]);
  return [
    `${label(point.at)} · ${count(point.posts)} posts${point.complete ? "" : " · not complete"}`,
    ...shares.map((name) => `${capital(name)} ${percent(point[name].share)} (${range([point[name].low, point[name].high])})`),
  ];
}

function summary(data, label) {
  const last = data.findLast((point) => point.positive);
  return last ? `Shares over time. Latest: ${described(last, label).join(", ")}.` : "Shares over time: no posts yet.";
}
