import { describe, expect, it } from "vitest";
import { ago, bytes, duration, percent, plural, points, range, rate } from "./format";

describe("numbers", () => {
  it("rounds an interval outwards", () => {
    expect(range([0.381, 0.459])).toBe("38–46 %");
    expect(range([0.57, 0.58])).toBe("57–58 %"); // as they stand, whatever a float makes of them
    expect(range([0, 1])).toBe("0–100 %");
  });
  it("gives a change its sign", () => {
    expect([points(0.123), points(-0.03), points(0)]).toEqual(["+12.3 points", "−3 points", "±0 points"]);
  });
  it("shows a digit behind the point only where it says something", () => {
    expect([rate(0.04), rate(9.96), rate(12.3), percent(0.456)]).toEqual(["0.0", "10.0", "12", "46 %"]);
  });
  it("counts one in the singular", () => {
    expect([plural(1, "post"), plural(1200, "post"), plural(0, "reply", "replies")]).toEqual([
      "1 post",
      "1,200 posts",
      "0 replies",
    ]);
    expect([bytes(23_400_000), bytes(1_200), bytes(2.5e9)]).toEqual(["23.4 MB", "1 kB", "2.50 GB"]);
  });
});

describe("times", () => {
  it("uses the largest readable unit", () => {
    expect([12, 90, 5400, 200_000].map(duration)).toEqual(["12 s", "2 min", "2 h", "2 days"]);
  });
  it("calls the last seconds now", () => {
    expect([ago(0, 4000), ago(0, 61_000)]).toEqual(["now", "1 min ago"]);
  });
});
