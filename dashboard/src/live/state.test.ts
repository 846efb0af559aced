import { describe, expect, it } from "vitest";
import { apply, cleared, KEPT, type LiveEvent, type LivePost, pause, START, snapshot } from "./state";

const post = (id: string, content = id): LivePost => ({
  id,
  content,
  source: "t",
  sentiment: "neutral",
  confidence: 0.5,
  emotion: null,
  timestamp: "2026-11-21T10:30:00Z",
});
const arrival = (id: string, content = id): LiveEvent => ({
  type: "new_post",
  data: post(id, content),
  cursor: `${id}-0`,
});
const ids = (posts: readonly LivePost[]) => posts.map((one) => one.id);

describe("apply", () => {
  it("puts the newest first and remembers where to resume", () => {
    const state = [arrival("1"), arrival("2")].reduce(apply, START);
    expect(ids(state.posts)).toEqual(["2", "1"]);
    expect(state.cursor).toBe("2-0");
    expect(state.arrivals).toBe(2);
  });
  it("applies by id: an edit replaces in place, a repetition changes nothing", () => {
    const state = [arrival("1"), arrival("2"), arrival("1", "edited"), arrival("2")].reduce(apply, START);
    expect(ids(state.posts)).toEqual(["2", "1"]);
    expect(state.posts[1]?.content).toBe("edited");
  });
  it("forgets what was erased, also what waits", () => {
    let state = pause(apply(START, arrival("1")), true);
    state = apply(state, arrival("2"));
    for (const id of ["1", "2"]) state = apply(state, { type: "erased", data: { id }, cursor: "3-0" });
    expect([state.posts, state.waiting]).toEqual([[], []]);
  });
  it("stays bounded over an hour of fifty posts a second, paused or not", () => {
    let state = START;
    for (let i = 0; i < 180_000; i += 1) {
      if (i === 90_000) state = pause(state, true);
      state = apply(state, arrival(String(i)));
    }
    expect([state.posts.length, state.waiting.length]).toEqual([KEPT, KEPT]);
    expect(ids(pause(state, false).posts)[0]).toBe("179999");
  });
  it("counts what passed unseen, where anyone knows", () => {
    const state = [{ type: "gap", missed: 7 } as const, { type: "gap", missed: null } as const].reduce(
      apply,
      START,
    );
    expect(state.missed).toBe(7);
  });
  it("lets unknown events pass", () => {
    expect(apply(START, { type: "tomorrow" } as unknown as LiveEvent)).toEqual(START);
  });
});

describe("snapshot", () => {
  it("keeps what came while the store was asked", () => {
    const asked = apply(START, arrival("1"));
    const now = apply(asked, arrival("3"));
    expect(ids(snapshot(now, [post("2"), post("1")], asked).posts)).toEqual(["3", "2", "1"]);
  });
  it("drops what the store no longer shows", () => {
    const asked = [arrival("1"), arrival("2")].reduce(apply, START);
    expect(ids(snapshot(asked, [post("2")], asked).posts)).toEqual(["2"]);
  });
  it("changes nothing on a paused page", () => {
    const paused = pause(apply(START, arrival("1")), true);
    expect(snapshot(paused, [post("2")], paused)).toBe(paused);
  });
});

it("clears posts for another choice of them and keeps the totals", () => {
  const state = cleared(apply(START, arrival("1")));
  expect([state.posts.length, state.cursor, state.arrivals]).toEqual([0, "1-0", 1]);
});
