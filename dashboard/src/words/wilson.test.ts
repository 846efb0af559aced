import { expect, it } from "vitest";
import { wilson } from "./wilson";

// R: prop.test(x, n, correct = FALSE)$conf.int
it.each([
  [1, 1, 0.2065, 1],
  [0, 10, 0, 0.2775],
  [81, 263, 0.2553, 0.3662],
])("%i of %i lies in %f to %f", (successes, n, low, high) => {
  const interval = wilson(successes, n);
  expect(interval[0]).toBeCloseTo(low, 4);
  expect(interval[1]).toBeCloseTo(high, 4);
});

it("claims nothing while nothing is known", () => {
  expect(wilson(0, 0)).toEqual([0, 1]);
});
