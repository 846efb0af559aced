// The pure modules of the live page. Run by test_page_modules.py, or alone: node --test tests/unit/api/page.test.mjs

import assert from "node:assert/strict";
import { test } from "node:test";

const page = new URL("../../../src/groundswell/api/page/", import.meta.url);
const load = (name) => import(new URL(name, page));

const { KEPT, START, apply, pause, snapshot } = await load("state.js");
const { modelChanges, points, runs, ticks } = await load("series.js");
const { wilson } = await load("wilson.js");
const { backoff, follow } = await load("live.js");
const { ago, duration, percent, range, rate } = await load("words.js");

const post = (id, more = {}) => ({ id, content: `post ${id}`, sentiment: "neutral", ...more });
const arrival = (id, more) => ({ type: "new_post", data: post(id, more), cursor: `${id}-0` });
const play = (state, ...events) => events.reduce(apply, state);
const ids = (state) => state.posts.map(({ id }) => id);

test("posts come in newest first, once each, and are bounded", () => {
  const state = play(START, arrival(1), arrival(2), arrival(1, { sentiment: "positive" }));
  assert.deepEqual(ids(state), [2, 1]);
  assert.equal(state.posts[1].sentiment, "positive");
  assert.equal(state.cursor, "1-0");
  const many = play(START, ...Array.from({ length: KEPT + 5 }, (_, i) => arrival(i)));
  assert.equal(many.posts.length, KEPT);
  assert.equal(many.posts[0].id, KEPT + 4);
});

test("an event never changes the state it was applied to", () => {
  const before = play(START, arrival(1));
  const copy = structuredClone(before);
  play(before, arrival(2), { type: "erased", data: { id: 1 } }, { type: "gap", missed: 3 });
  assert.deepEqual(before, copy);
});

test("erased posts go, also those that wait", () => {
  const state = play(pause(play(START, arrival(1)), true), arrival(2), arrival(3));
  const left = play(state, { type: "erased", data: { id: 1 } }, { type: "erased", data: { id: 3 } });
  assert.deepEqual([ids(left), left.waiting.map(({ id }) => id)], [[], [2]]);
});

test("pause holds the feed and going on lets in what waited", () => {
  const held = play(pause(play(START, arrival(1)), true), arrival(2), arrival(3));
  assert.deepEqual(ids(held), [1]);
  const after = pause(held, false);
  assert.deepEqual([ids(after), after.waiting], [[3, 2, 1], []]);
});

test("totals, gaps and unknown events", () => {
  const state = play(START, { type: "metrics", data: { total_posts: 7 } }, { type: "gap", missed: 2 }, { type: "gap", missed: null }, { type: "later" });
  assert.deepEqual([state.totals.total_posts, state.missed], [7, 2]);
});

test("a snapshot and the events since equal a fresh snapshot", () => {
  const stored = [3, 2, 1].map((id) => post(id));
  const asked = play(START, arrival(1));
  const meanwhile = play(asked, arrival(4));
  assert.deepEqual(ids(snapshot(meanwhile, stored, asked)), [4, 3, 2, 1]);
  assert.equal(snapshot(pause(asked, true), stored, asked).posts.length, 1);
});

const bucket = (minute, positive, negative, neutral = 0, more = {}) => ({
  bucket: `2026-11-21T12:${String(minute).padStart(2, "0")}:00Z`,
  total: positive + negative + neutral,
  positive,
  negative,
  neutral,
  complete: true,
  model_versions: ["a@1"],
  ...more,
});

test("points pool the buckets before them and are null without posts", () => {
  const [first, second, third] = points([bucket(0, 1, 3), bucket(1, 0, 0), bucket(2, 0, 0)], 2);
  assert.equal(first.positive.share, 0.25);
  assert.equal(second.positive.share, 0.25);
  assert.equal(third.positive, null);
  assert.deepEqual([first.posts, second.posts], [4, 0]);
  assert.deepEqual([first.negative.low, first.negative.high], wilson(3, 4));
});

test("a line is cut where there is nothing", () => {
  assert.deepEqual(runs([1, 2, null, 3, null, null]), [[[0, 1], [1, 2]], [[3, 3]]]);
  assert.deepEqual(runs([]), []);
});

test("a chart marks where another version begins, and not where it is only absent", () => {
  const versions = [[], ["a@1"], [], ["a@1"], ["a@1", "a@2"], ["a@2"]];
  const found = modelChanges(versions.map((model_versions, i) => bucket(i, 0, 0, 0, { model_versions })));
  assert.deepEqual(found, [{ index: 4, versions: ["a@2"] }]);
});

test("ticks are evenly spaced and within", () => {
  assert.deepEqual(ticks(61, 6), [0, 11, 22, 33, 44, 55]);
  assert.deepEqual(ticks(0, 6), []);
});

test("the interval is that of the server", () => {
  // Newcombe 1998, table I, method 3
  const [low, high] = wilson(15, 148);
  assert.deepEqual([low.toFixed(4), high.toFixed(4)], ["0.0624", "0.1605"]);
  assert.deepEqual(wilson(0, 0), [0, 1]);
});

test("words", () => {
  assert.deepEqual([0.4, 59.6, 90, 7200, 300_000].map(duration), ["0 s", "60 s", "2 min", "2 h", "3 days"]);
  assert.deepEqual([0, 0.4, 12.6].map(rate), ["0.0", "0.4", "13"]);
  assert.equal(range([0.384, 0.452]), "38–46 %");
  assert.equal(percent(0.125), "13 %");
  assert.equal(ago(0, 65_000), "1 min ago");
});

test("waiting doubles up to a bound and is left to chance in part", () => {
  assert.equal(backoff(0, () => 1), 500);
  assert.equal(backoff(3, () => 0), 2000);
  assert.equal(backoff(50, () => 1), 20_000);
});

test("a lost connection comes back where it was", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const opened = [];
  const states = [];
  let state = START;
  follow({
    url: "ws://here/live?rate=10",
    cursor: () => state.cursor,
    onEvent: (event) => (state = apply(state, event)),
    onState: (name) => states.push(name),
    socket: (url) => opened[opened.push({ url }) - 1],
  });
  opened[0].onopen();
  opened[0].onmessage({ data: JSON.stringify(arrival(1)) });
  opened[0].onclose();
  t.mock.timers.tick(600);
  assert.equal(opened[1].url, "ws://here/live?rate=10&cursor=1-0");
  t.mock.timers.tick(61_000);
  opened[1].onclose();
  t.mock.timers.tick(2_000);
  assert.equal(opened[2].url, "ws://here/live?rate=10"); // too long ago: the store is read instead
  assert.deepEqual(states, ["connecting", "live", "away", "connecting", "away", "connecting"]);
});
