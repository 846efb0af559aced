// How a share moved, in one sentence or a few. Pure.

import type { Schema } from "@/api/client";
import { count, percent, plural, points, range } from "@/words/format";

export type Why = Pick<
  Schema["Reasons"],
  | "baseline"
  | "change"
  | "distinct_authors"
  | "near_duplicate_share"
  | "now"
  | "posts"
  | "sampled"
  | "splits"
  | "terms"
>;

export function sentence(
  { now, baseline, change, near_duplicate_share: copies, distinct_authors: voices }: Why,
  label: string,
): string {
  if (!now || now.share == null) return "There are no posts in this window.";
  const share = `${percent(now.share)} of ${plural(now.total, "post")} are ${label} (${range(now.interval)}).`;
  const before =
    baseline && baseline.share != null && change != null
      ? ` Before, it was ${percent(baseline.share)} of ${count(baseline.total)}: ${points(change)}.`
      : " There is nothing before to compare it with.";
  const many = voices ? ` They come from ${plural(voices, "author")}.` : ""; // 0: posts do not say by whom
  const copied = copies == null ? "" : ` ${percent(copies)} of them nearly copy another one.`;
  return `${share}${before}${many}${copied}`;
}
