import { expect, it } from "vitest";
import { actionOf, EMOTION_KEYS } from "./keys";

const press = (key: string, more = {}) =>
  actionOf({ key, ctrlKey: false, metaKey: false, altKey: false, target: null, ...more });

it("labels by number, skips by S, names emotions by letter", () => {
  expect(press("1")).toEqual({ kind: "label", label: "positive" });
  expect(press("3")).toEqual({ kind: "label", label: "negative" });
  expect(press("S")).toEqual({ kind: "skip" });
  expect(press("j")).toEqual({ kind: "emotion", emotion: "joy" });
  expect(press("4") ?? press("Enter") ?? press("0")).toBeNull();
});

it("leaves the browser's keys and typing alone", () => {
  expect(press("1", { ctrlKey: true })).toBeNull();
  expect(press("s", { target: { tagName: "INPUT", type: "text" } })).toBeNull();
  expect(press("1", { target: { tagName: "INPUT", type: "radio" } })).not.toBeNull();
});

it("gives each emotion a key of its own", () => {
  const keys = [...Object.values(EMOTION_KEYS), "s"];
  expect(new Set(keys).size).toBe(keys.length);
});
