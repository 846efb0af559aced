import { expect, it } from "vitest";
import { reportsOf } from "./measured";

const figure = { value: 0.7, low: 0.65, high: 0.75 };

it("shows what has the known form and passes over the rest", () => {
  const bin = { rows: 10, accuracy: 0.5, confidence: 0.6 };
  const reports = reportsOf({
    "sentiment/dev": {
      rows: 2000,
      macro_recall: figure,
      reliability: [bin, null, { rows: 1 }],
      calibration_error: null,
    },
    fidelity: { rows: 3, sentiment_identical: 0.99 },
    note: "text",
    nothing: null,
  });
  expect(reports).toEqual([
    {
      name: "Sentiment, validation texts",
      rows: 2000,
      figures: [{ name: "macro recall", figure }],
      reliability: [bin],
      calibrationError: null,
    },
  ]);
});
