import { expect, it } from "vitest";
import { changed, FRESH, preview, thresholdWords } from "./rule";

it("says when a rule calls", () => {
  expect(thresholdWords(FRESH)).toBe("surely over 40 % are negative");
  expect(thresholdWords({ type: "emotion_share", threshold: 0.3, label: "emotion:anger" })).toBe(
    "surely over 30 % are anger",
  );
  expect(thresholdWords({ type: "silence", threshold: 10, label: "negative" })).toBe("no post for 10 min");
});

it("takes the usual threshold of another type, and a label that it allows", () => {
  const joy = changed(changed(FRESH, { type: "emotion_share" }), { label: "emotion:joy" });
  expect(joy).toMatchObject({ threshold: 0.3, label: "emotion:joy" });
  expect(changed(joy, { type: "negative_share" })).toMatchObject({ threshold: 0.4, label: "negative" });
  expect(changed(joy, { threshold: 0.5 })).toMatchObject({ threshold: 0.5, label: "emotion:joy" });
});

it("previews in words", () => {
  const firing = { opened_at: "2026-11-21T10:30:00Z" };
  expect([[], [firing], [firing, firing, firing]].map((firings) => preview(firings, 7))).toEqual([
    "It would have called not once in the last 7 days.",
    "It would have called once in the last 7 days.",
    "It would have called 3 times in the last 7 days.",
  ]);
});
