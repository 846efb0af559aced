// From the buckets of a timeline to what a chart draws. Pure; where nothing is known there is null.

import type { Schema } from "@/api/client";
import { wilson } from "@/words/wilson";

type Bucket = Pick<
  Schema["BucketRow"],
  "bucket" | "total" | "positive" | "neutral" | "negative" | "complete" | "model_versions"
>;

export interface Share {
  share: number;
  low: number;
  high: number;
}

export interface Point {
  at: string;
  posts: number;
  complete: boolean;
  positive: Share | null;
  negative: Share | null;
}

/** Pool each bucket with the `pool - 1` before it and return one point per bucket. */
export function pointsOf(buckets: readonly Bucket[], pool: number): Point[] {
  return buckets.map((bucket, i) => {
    const pooled = buckets.slice(Math.max(0, i - pool + 1), i + 1);
    const sum = (name: "total" | "positive" | "neutral" | "negative") =>
      pooled.reduce((total, one) => total + one[name], 0);
    const read = sum("positive") + sum("neutral") + sum("negative"); // fallbacks are counted apart
    return {
      at: bucket.bucket,
      posts: bucket.total,
      complete: bucket.complete,
      positive: shareOf(sum("positive"), read),
      negative: shareOf(sum("negative"), read),
    };
  });
}

function shareOf(successes: number, n: number): Share | null {
  if (!n) return null;
  const [low, high] = wilson(successes, n);
  return { share: successes / n, low, high };
}

export interface Mark {
  index: number;
  words: string;
}

/** Where other model versions begin to read: the first bucket with any does not count. */
export function modelMarks(buckets: readonly Bucket[]): Mark[] {
  const marks: Mark[] = [];
  let before: readonly string[] | null = null;
  buckets.forEach(({ model_versions: versions }, index) => {
    if (!versions.length) return;
    const known = before;
    const fresh = known ? versions.filter((version) => !known.includes(version)) : [];
    if (fresh.length) marks.push({ index, words: fresh.join(", ") });
    before = versions;
  });
  return marks;
}

/** Put alerts onto the buckets they began in; those outside are left out. */
export function alertMarks(
  buckets: readonly Pick<Bucket, "bucket">[],
  alerts: readonly { triggered_at: string; alert_type: string }[],
): Mark[] {
  const starts = buckets.map(({ bucket }) => Date.parse(bucket));
  const step = (starts[1] ?? 0) - (starts[0] ?? 0);
  return alerts.flatMap(({ triggered_at, alert_type }) => {
    const at = Date.parse(triggered_at);
    const index = starts.findLastIndex((start) => start <= at);
    const start = starts[index];
    if (start === undefined || at >= start + step) return [];
    return [{ index, words: `Alert: ${alert_type.replaceAll("_", " ")}` }];
  });
}

/** The span of time of the bucket at `index`, widened by those pooled into it. */
export function windowOf(
  buckets: readonly Pick<Bucket, "bucket">[],
  index: number,
  pool: number,
): [string, string] {
  const starts = buckets.map(({ bucket }) => Date.parse(bucket));
  const step = (starts[1] ?? 0) - (starts[0] ?? 0) || 60_000;
  const first = starts[Math.max(0, index - pool + 1)] ?? 0;
  const last = (starts[index] ?? first) + step;
  return [new Date(first).toISOString(), new Date(last).toISOString()];
}
