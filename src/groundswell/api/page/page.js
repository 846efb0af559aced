// The live page: reads the views, follows the live feed, and says so when the server is away.

import { ask, predict } from "./client.js";
import { drawTrend } from "./chart.js";
import { showAnswer, showEmotions, showPosts, showShares } from "./show.js";
import { follow } from "./live.js";
import { START, apply, pause, snapshot } from "./state.js";
import { ago, clock, count, day, duration, rate } from "./words.js";

const WINDOWS = {
  hour: { hours: 1, period: "minute", span: 5, words: "last hour", trend: "by the minute, over 5 minutes each", label: clock },
  day: { hours: 24, period: "hour", span: 1, words: "last 24 hours", trend: "by the hour", label: clock },
  week: { hours: 168, period: "hour", span: 6, words: "last 7 days", trend: "by the hour, over 6 hours each", label: day },
};
const REFRESH_BUSY = 5_000;
const REFRESH_IDLE = 30_000;

const $ = (id) => document.getElementById(id);

let state = START;
let buckets = [];
let known = { asOf: null, away: false, retryAt: 0 };
let chosen = WINDOWS.hour;
let changed = true; // whether anything happened since the views were read
let lastRefresh = 0;
let refreshing = null;
let drawing = false;

// -- what is read ------------------------------------------------------------------------------------

/** Read every view once; at most one reading is under way. */
function refresh() {
  refreshing ??= read().finally(() => (refreshing = null));
  return refreshing;
}

async function read() {
  changed = false;
  lastRefresh = Date.now();
  const { hours, period } = chosen;
  const asked = state;
  try {
    const [total, mood, trend, posts] = await Promise.all([
      ask($("total-posts").dataset.query),
      ask(`/api/v1/sentiment/distribution?hours=${hours}`),
      ask(`/api/v1/sentiment/timeline?hours=${hours}&period=${period}`),
      ask("/api/v1/posts?limit=40"),
    ]);
    if (hours !== chosen.hours) return;
    state = snapshot(state, posts.data, asked);
    buckets = trend.data;
    showTotal(total.metadata.total);
    showMood(mood);
    $("empty").hidden = posts.metadata.total > 0;
    reached(mood.metadata.as_of);
  } catch (error) {
    console.info("The server did not answer:", error.message);
    changed = true;
    known.away = true;
  }
  draw();
}

function reached(asOf) {
  known = { asOf: new Date(asOf), away: false, retryAt: 0 };
}

function showTotal(total) {
  $("total-posts").textContent = count(total);
  $("total-posts").dataset.value = total;
}

function showMood(mood) {
  const { total, fallback_count: fallback, model_versions: models, complete } = mood.metadata;
  showShares($("balance"), $("shares"), mood);
  showEmotions($("emotions-card"), $("emotions"), mood.emotions);
  $("models").textContent = models.join(", ") || "–";
  $("mood-note").textContent = [
    total ? `${count(total)} posts; each interval holds with 95 %.` : `No posts in the ${chosen.words}.`,
    fallback ? `${count(fallback)} more were read by a fallback and are left out.` : "",
    total && !complete ? "Still counting." : "",
  ].join(" ");
}

// -- what is drawn -----------------------------------------------------------------------------------

/** Draw at the next frame; a page in the background draws nothing. */
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    drawNumbers();
    drawState();
    showPosts($("posts"), state.posts, ago);
    $("feed-note").textContent = feedNote();
  });
}

function drawChart() {
  $("mood-window").textContent = chosen.words;
  $("trend-window").textContent = chosen.trend;
  if (buckets.length) drawTrend($("chart"), buckets, chosen);
}

function drawNumbers() {
  if (!state.totals) return;
  showTotal(state.totals.total_posts);
  $("rate").textContent = state.totals.rate === null ? "–" : rate(state.totals.rate);
  $("lag").textContent = state.totals.lag_seconds === null ? "–" : duration(state.totals.lag_seconds);
}

function feedNote() {
  const share = state.totals?.feed_share ?? 1;
  return [
    state.waiting.length ? `${state.waiting.length} new` : "",
    share < 1 ? `a sample: ${Math.round(100 * share)} %` : "",
    state.missed ? `${count(state.missed)} passed unseen` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

function drawState() {
  const asOf = known.asOf ? `as of ${clock(known.asOf, true)}` : "";
  $("as-of").textContent = known.asOf ? `Counts ${asOf}` : "";
  $("away").hidden = !known.away;
  if (!known.away) return;
  const wait = Math.max(0, Math.ceil((known.retryAt - Date.now()) / 1000));
  const seen = asOf ? `You see things ${asOf}.` : "Is `groundswell up` running?";
  const words = `The server does not answer. ${seen} Trying again${wait ? ` in ${wait} s` : ""}…`;
  if ($("away").textContent !== words) $("away").textContent = words;
}

// -- what happens ------------------------------------------------------------------------------------

const STATES = { connecting: "Connecting…", live: "Live", away: "Not connected" };

function onState(name, wait = 0) {
  $("link").dataset.state = name;
  $("link-text").textContent = STATES[name];
  if (name === "live") refresh().then(drawChart);
  if (name === "away") known = { ...known, away: true, retryAt: Date.now() + wait };
  draw();
}

function onEvent(event) {
  state = apply(state, event);
  changed ||= event.type === "new_post" || event.type === "erased" || event.type === "metrics";
  draw();
}

async function tick() {
  const due = changed ? REFRESH_BUSY : REFRESH_IDLE;
  if (!document.hidden && Date.now() - lastRefresh >= due) await refresh().then(drawChart);
  draw();
}

async function onTry(submit) {
  submit.preventDefault();
  const text = $("try-text").value.trim();
  if (!text) return;
  $("try").querySelector("button").disabled = true;
  try {
    showAnswer($("try-answer"), await predict(text));
  } catch (error) {
    $("try-answer").replaceChildren(error.message);
  } finally {
    $("try").querySelector("button").disabled = false;
  }
}

function onPause() {
  state = pause(state, !state.paused);
  $("pause").setAttribute("aria-pressed", state.paused);
  $("pause").textContent = state.paused ? "Go on" : "Pause";
  draw();
}

function onWindow(event) {
  chosen = WINDOWS[event.target.value];
  refreshing = null;
  refresh().then(drawChart);
}

const example = { source: "me", post_id: "1", content: "What a day!" };
$("empty-curl").textContent =
  `curl ${location.origin}/api/v1/posts -H 'Content-Type: application/json' -d '${JSON.stringify(example)}'`;
$("windows").addEventListener("change", onWindow);
$("pause").addEventListener("click", onPause);
$("try").addEventListener("submit", onTry);
document.addEventListener("visibilitychange", tick);
new ResizeObserver(drawChart).observe($("chart"));
setInterval(tick, 1000);
refresh().then(drawChart);
follow({
  url: `${location.origin.replace(/^http/, "ws")}/api/v1/live?rate=10`,
  cursor: () => state.cursor,
  onEvent,
  onState,
});
