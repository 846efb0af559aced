import { expect, it } from "vitest";
import { sentence, type Why } from "./sentence";

const why = {
  now: { share: 0.7, total: 200, interval: [0.59, 0.79] },
  baseline: null,
  change: null,
  distinct_authors: 12,
  near_duplicate_share: 0.3,
} as unknown as Why;

it("says the share, what it was before, by how many, and how many copy", () => {
  expect(sentence(why, "negative")).toBe(
    "70 % of 200 posts are negative (59–79 %). There is nothing before to compare it with. They come from 12 authors. 30 % of them nearly copy another one.",
  );
  const moved = { ...why, baseline: { share: 0.2, total: 1000 }, change: 0.5 } as unknown as Why;
  expect(sentence(moved, "negative")).toContain("Before, it was 20 % of 1,000: +50 points.");
});

it("does not claim that nobody wrote them where posts do not say by whom", () => {
  expect(sentence({ ...why, distinct_authors: 0 }, "negative")).not.toContain("author");
});
