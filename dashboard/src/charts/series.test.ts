import { describe, expect, it } from "vitest";
import { alertMarks, modelMarks, pointsOf, windowOf } from "./series";

const bucket = (
  minute: number,
  positive: number,
  negative: number,
  versions: string[] = [],
  complete = true,
) => ({
  bucket: new Date(Date.UTC(2026, 10, 21, 10, minute)).toISOString(),
  total: positive + negative,
  positive,
  negative,
  neutral: 0,
  complete,
  model_versions: versions,
});

describe("points", () => {
  it("pool a bucket with those before it", () => {
    const points = pointsOf([bucket(0, 3, 1), bucket(1, 1, 3), bucket(2, 4, 0)], 2);
    expect(points.map((point) => point.positive?.share)).toEqual([0.75, 0.5, 0.625]);
    expect(points.map((point) => point.posts)).toEqual([4, 4, 4]);
  });
  it("are null where nothing is known, and have intervals elsewhere", () => {
    const [empty, one] = pointsOf([bucket(0, 0, 0), bucket(1, 1, 0)], 1);
    expect(empty?.positive).toBeNull();
    expect(one?.positive).toMatchObject({ share: 1, high: 1 });
    expect(one?.positive?.low).toBeCloseTo(0.2065, 4);
  });
});

it("marks where another model begins, not where the first does", () => {
  const buckets = [
    bucket(0, 0, 0),
    bucket(1, 1, 0, ["a@1"]),
    bucket(2, 0, 0),
    bucket(3, 1, 0, ["a@1", "a@2"]),
  ];
  expect(modelMarks(buckets)).toEqual([{ index: 3, words: "a@2" }]);
});

it("puts an alert onto its bucket and none outside", () => {
  const buckets = [bucket(0, 0, 0), bucket(1, 0, 0)];
  const alert = (minute: number) => ({
    triggered_at: new Date(Date.UTC(2026, 10, 21, 10, minute, 30)).toISOString(),
    alert_type: "negative_share",
  });
  expect(alertMarks(buckets, [alert(1), alert(2), alert(-5)])).toEqual([
    { index: 1, words: "Alert: negative share" },
  ]);
});

it("tells which posts a point stands for", () => {
  const buckets = [0, 1, 2, 3].map((minute) => bucket(minute, 1, 1));
  expect(windowOf(buckets, 2, 2)).toEqual(["2026-11-21T10:01:00.000Z", "2026-11-21T10:03:00.000Z"]);
  expect(windowOf(buckets, 0, 5)).toEqual(["2026-11-21T10:00:00.000Z", "2026-11-21T10:01:00.000Z"]);
});
