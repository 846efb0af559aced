import { describe, expect, it } from "vitest";
import { feedOf, moved, NOWHERE, read, spanOf, viewOf, write } from "./place";

const OWN = { from: "2026-11-20T10:00:00Z", to: "2026-11-20T14:00:00Z" };

describe("permalinks", () => {
  it("come back as they were", () => {
    const place = {
      ...NOWHERE,
      window: "week",
      topic: "3",
      lang: "en",
      emotion: "joy",
      q: '"a b" & c',
    } as const;
    expect(read(write(place))).toEqual(place);
    const own = { ...NOWHERE, window: "own", ...OWN } as const;
    expect(read(write(own))).toEqual(own);
  });
  it("say nothing of what is as by default", () => {
    expect(write(NOWHERE)).toBe("");
  });
  it("that make no sense show the default", () => {
    for (const bad of [
      "window=year",
      "window=own",
      "window=own&from=2&to=x",
      `window=own&from=${OWN.to}&to=${OWN.from}`,
    ])
      expect(read(bad)).toEqual(NOWHERE);
  });
});

it("asks views for a window and a scope, lists for filters, too", () => {
  const place = { ...NOWHERE, window: "day", topic: "3", sentiment: "negative" } as const;
  expect(viewOf(place)).toEqual({ hours: 24, topic: "3", source: "", lang: "" });
  expect(feedOf(place)).toMatchObject({ topic: "3", sentiment: "negative" });
  expect(viewOf({ ...NOWHERE, window: "own", ...OWN })).toMatchObject(OWN);
});

it("chooses buckets that a chart can show", () => {
  expect(spanOf({ ...NOWHERE, window: "own", ...OWN })).toMatchObject({ period: "minute", hours: 4 });
  const month = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" };
  expect(spanOf({ ...NOWHERE, window: "own", ...month }).period).toBe("day");
});

it("keeps the picked point and the other window, and forgets halves of them", () => {
  const picked = { since: "2026-11-21T10:00:00Z", until: "2026-11-21T10:05:00Z" };
  const before = { before_from: "2026-11-20T00:00:00Z", before_to: "2026-11-21T00:00:00Z" };
  const place = { ...NOWHERE, ...picked, why: "negative", ...before };
  expect(read(write(place))).toEqual(place);
  expect(read("since=2026-11-21T10:00:00Z&before_to=2026-11-21T10:00:00Z")).toEqual(NOWHERE);
});

it("forgets the picked point in another window, and nowhere else", () => {
  const place = { ...NOWHERE, since: "2026-11-21T10:00:00Z", until: "2026-11-21T10:05:00Z" };
  expect(moved(place, { window: "day" }).since).toBe("");
  expect(moved(place, { topic: "1" }).since).toBe(place.since);
});
