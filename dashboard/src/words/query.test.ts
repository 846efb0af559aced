import { expect, it } from "vitest";
import { matches } from "./query";

it.each([
  ["", "anything", true],
  ["launch", "The Launch!", true],
  ["launch", "relaunched", false],
  ["lau*", "The launch", true],
  ["launch party", "party after the launch", true],
  ['"launch party"', "party after the launch", false],
  ['"launch party"', "a launch-party", true],
  ["launch -party", "launch party", false],
  ["launch -party", "launch day", true],
])("%s in “%s”: %s", (query, content, expected) => {
  expect(matches(query, content)).toBe(expected);
});
