// Terms of a topic as lines of a text field, and how far it is matched, in words. Pure.

import { when } from "@/words/format";

/** Posts ingested since `matched_since` are matched, older ones are being; null: every post is. */
export const matchedWords = ({ matched_since: since }: { matched_since: string | null }): string =>
  since ? `matched back to ${when(since)}, older posts follow` : "all posts matched";

export const join = (terms: readonly string[] = []): string => terms.join("\n");

/** One term a line, or between commas; what is empty or said twice is left out. */
export const split = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\n,]/)
      .map((term) => term.trim())
      .filter(Boolean),
  ),
];
