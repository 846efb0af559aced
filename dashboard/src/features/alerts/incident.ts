// What an alert leads to, and with which interval it is told. Pure.

import type { Schema } from "@/api/client";
import { SENTIMENTS } from "@/words/labels";

type Alert = Schema["AlertAnswer"];

const AROUND = 30 * 60_000; // milliseconds before the window of an alert that are shown with it

/**
 * Why it called, told with the interval the rule went by, which is wider than that of a plain share,
 * in whole percent as in the alert's own sentence.
 */
export function whyOf({ alert_type: type, interval, details }: Alert): Alert["details"] {
  if (!details.now || type === "change") return details;
  const [low, high] = interval.map((bound) => Math.round(100 * bound) / 100) as [number, number];
  return { ...details, now: { ...details.now, interval: [low, high] } };
}

/** The live page at the time of an alert, narrowed as its rule is, at the posts it is about. */
export function addressOf({ window_start: start, window_end: end, details }: Alert): string {
  const { topic, source, lang, label } = details.rule;
  const from = new Date(Date.parse(start) - AROUND).toISOString();
  const place = new URLSearchParams({ window: "own", from, to: end });
  const scope = { topic, source, lang, sentiment: SENTIMENTS.find((name) => name === label) };
  for (const [name, value] of Object.entries(scope)) if (value) place.set(name, String(value));
  place.set("since", start);
  place.set("until", end);
  return `/?${place}#/`;
}

/** The alert that the address names, as messages about alerts do; null where it names none. */
export const alertOf = (search: string): string | null => new URLSearchParams(search).get("alert") || null;
