// A rule in words and as a draft. Pure.

import type { Schema } from "@/api/client";
import { percent } from "@/words/format";

export type Draft = Pick<
  Schema["RuleIn"],
  "name" | "type" | "threshold" | "label" | "topic" | "source" | "lang"
> &
  Required<
    Pick<
      Schema["RuleIn"],
      "window_minutes" | "baseline_minutes" | "min_posts" | "cooldown_minutes" | "severity"
    >
  >;

export const FRESH: Draft = {
  name: "",
  type: "negative_share",
  threshold: 0.4,
  label: "negative",
  topic: null,
  source: null,
  lang: null,
  window_minutes: 5,
  baseline_minutes: 60,
  min_posts: 15,
  cooldown_minutes: 30,
  severity: "warning",
};

/** The unit a type's threshold is in, and one to begin with. */
export const TYPES: Record<Draft["type"], { words: string; unit: string; usual: number }> = {
  negative_share: { words: "too many posts are negative", unit: "share of posts, 0 to 1", usual: 0.4 },
  emotion_share: {
    words: "too many posts are of one mood or emotion",
    unit: "share of posts, 0 to 1",
    usual: 0.3,
  },
  change: { words: "a share moves", unit: "points of a share, 0 to 1", usual: 0.15 },
  volume: { words: "many more posts than on other days", unit: "times as many", usual: 3 },
  silence: { words: "no post comes", unit: "minutes", usual: 10 },
  drift: { words: "what a model reads or says has shifted", unit: "signals surely beyond", usual: 1 },
  system: { words: "posts wait to be read", unit: "seconds", usual: 60 },
};

type Threshold = Pick<Schema["RuleIn"], "type" | "threshold" | "label">;

export function thresholdWords({ type, threshold, label }: Threshold): string {
  const whose = (label ?? "negative").replace("emotion:", "");
  const n = threshold ?? TYPES[type].usual;
  switch (type) {
    case "negative_share":
    case "emotion_share":
      return `surely over ${percent(n)} are ${whose}`;
    case "change":
      return `${whose} surely moves by more than ${percent(n)}`;
    case "volume":
      return `${n} times the posts of other days`;
    case "drift":
      return `${n} signals of drift or more are sure`;
    case "silence":
      return `no post for ${n} min`;
    default:
      return `posts wait longer than ${n} s`;
  }
}

/** Change a draft; another type brings its own usual threshold and label. */
export function changed(draft: Draft, change: Partial<Draft>): Draft {
  if (!change.type || change.type === draft.type) return { ...draft, ...change };
  const label = change.type === "negative_share" ? "negative" : draft.label;
  return { ...draft, label, threshold: TYPES[change.type].usual, ...change };
}

/** The draft of a stored rule. */
export function draftOf(rule: Schema["RuleAnswer"]): Draft {
  const names = Object.keys(FRESH) as (keyof Draft)[];
  return Object.fromEntries(names.map((name) => [name, rule[name] ?? FRESH[name]])) as unknown as Draft;
}

/** "would have called 3 times in the last 7 days". */
export function preview(firings: readonly { opened_at: string }[], days: number): string {
  const n = firings.length;
  const times = n === 0 ? "not once" : n === 1 ? "once" : `${n} times`;
  return `It would have called ${times} in the last ${days} days.`;
}
