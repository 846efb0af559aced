import { expect, describe as group, it } from "vitest";
import { describe, type Palette, trendOption } from "./option";
import type { Point } from "./series";

const palette = new Proxy({}, { get: (_, name) => String(name) }) as unknown as Palette;
const known: Point = {
  at: "10:00",
  posts: 1200,
  complete: true,
  positive: { share: 0.6, low: 0.5, high: 0.7 },
  negative: { share: 0.1, low: 0.05, high: 0.2 },
};
const unknown: Point = { at: "10:01", posts: 0, complete: false, positive: null, negative: null };
const option = trendOption(
  { points: [known, unknown], models: [{ index: 1, words: "a@2" }], alerts: [], label: (at) => at },
  palette,
);
const series = (name: string) => option.series.find((one) => one.name === name);

group("the trend", () => {
  it("draws no line where nothing is known", () => {
    expect(series("positive")?.data).toEqual([0.6, null]);
    expect(series("positive high")?.data[0]).toBeCloseTo(0.2);
  });
  it("tells the two lines apart without colour", () => {
    expect(series("positive")).toMatchObject({ lineStyle: { type: "solid" } });
    expect(series("negative")).toMatchObject({ lineStyle: { type: "dashed" } });
  });
  it("shades gaps and names models", () => {
    expect(series("marks")).toMatchObject({
      data: [null, 1],
      markLine: { data: [{ xAxis: 1, label: { formatter: "a@2" } }] },
    });
  });
  it("keeps the words of marks inside the picture", () => {
    const points = Array.from({ length: 60 }, () => known);
    const alerts = [0, 30, 59].map((index) => ({ index, words: "Alert" }));
    const { series: drawn } = trendOption({ points, models: [], alerts, label: (at) => at }, palette);
    const marks = drawn.find((one) => one.name === "marks");
    expect(marks).toMatchObject({
      markLine: { data: ["left", "center", "right"].map((align) => ({ label: { align } })) },
    });
  });
  it("shows words as text only", () => {
    expect(option.tooltip.renderMode).toBe("richText");
    expect(option.tooltip.formatter([{ dataIndex: 0 }])).toBe(describe(known, (at) => at));
  });
});

it("says a point in words", () => {
  expect(describe(known, (at) => at)).toBe(
    "10:00\nPositive 60 % (50 % to 70 %)\nNegative 10 % (5 % to 20 %)\n1,200 posts",
  );
  expect(describe(unknown, (at) => at)).toBe("10:01\n0 posts, not complete");
});
