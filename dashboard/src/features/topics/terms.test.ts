import { expect, it } from "vitest";
import { join, matchedWords, split } from "./terms";

it("takes one term a line, or between commas, each once", () => {
  expect(split(" launch\n#launch, big day \n\nlaunch")).toEqual(["launch", "#launch", "big day"]);
  expect(split(join(["a b", "c"]))).toEqual(["a b", "c"]);
  expect(split("")).toEqual([]);
});

it("says how far a topic is matched: nothing left to match is all", () => {
  expect(matchedWords({ matched_since: null })).toBe("all posts matched");
  expect(matchedWords({ matched_since: "2026-11-21T10:30:00Z" })).toMatch(/^matched back to .*, older/);
});
