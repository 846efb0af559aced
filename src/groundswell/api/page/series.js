// From the buckets of a timeline to what a chart draws. Pure; where nothing is known there is null.

import { wilson } from "./wilson.js";

/**
 * Pool each bucket with the `span - 1` before it and return one point per bucket:
 * {at, posts, complete, positive, negative}, the last two {share, low, high} or null without posts.
 */
export function points(buckets, span) {
  return buckets.map((bucket, i) => {
    const pooled = buckets.slice(Math.max(0, i - span + 1), i + 1);
    const sum = (name) => pooled.reduce((total, one) => total + one[name], 0);
    const total = sum("total");
    return {
      at: new Date(bucket.bucket),
      posts: bucket.total,
      complete: bucket.complete,
      positive: share(sum("positive"), total),
      negative: share(sum("negative"), total),
    };
  });
}

function share(successes, total) {
  if (!total) return null;
  const [low, high] = wilson(successes, total);
  return { share: successes / total, low, high };
}

/** Cut a series into runs without null, as [index, value] pairs: a line is not drawn across a gap. */
export function runs(values) {
  const found = [];
  let run = null;
  values.forEach((value, i) => {
    if (value === null) run = null;
    else if (run) run.push([i, value]);
    else found.push((run = [[i, value]]));
  });
  return found;
}

/** Where other model versions begin to read: [{index, versions}], the first bucket with any aside. */
export function modelChanges(buckets) {
  const changes = [];
  let before = null;
  buckets.forEach((bucket, index) => {
    if (!bucket.model_versions.length) return;
    const versions = bucket.model_versions.filter((version) => before && !before.includes(version));
    if (versions.length) changes.push({ index, versions });
    before = bucket.model_versions;
  });
  return changes;
}

/** About `wanted` indices out of `n`, evenly spaced, for labels along an axis. */
export function ticks(n, wanted) {
  const step = Math.max(1, Math.ceil(n / wanted));
  return Array.from({ length: Math.ceil(n / step) }, (_, i) => i * step);
}
