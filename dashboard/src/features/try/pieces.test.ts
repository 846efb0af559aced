import { expect, it } from "vitest";
import { pieces } from "./pieces";

const text = "🎉 a great but slow day";
const weigh = (start: number, end: number, weight: number) => ({ start, end, weight });

it("cuts a text without losing a letter", () => {
  const found = pieces(text, [weigh(4, 9, 0.6), weigh(14, 18, -0.15), weigh(19, 22, 0.01)]);
  expect(found.map((piece) => piece.text).join("")).toBe(text);
  expect(found.filter(({ side }) => side !== "none")).toEqual([
    { text: "great", start: 4, side: "for", strength: 3 },
    { text: "slow", start: 14, side: "against", strength: 1 },
  ]);
});

it("shows a text without attributions as it is", () => {
  expect(pieces(text, [])).toEqual([{ text, start: 0, side: "none", strength: 0 }]);
});

it("passes over what overlaps", () => {
  const found = pieces("abcdef", [weigh(0, 4, 1), weigh(2, 6, 1)]);
  expect(found.map((piece) => piece.text)).toEqual(["abcd", "ef"]);
});
