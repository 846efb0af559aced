// What a permalink holds: the window, the scope of every view, and the filters of the feed. Pure.

import type { Query } from "@/api/path";

export interface Place {
  window: WindowName;
  from: string; // ISO 8601, with `to` instead of a window that ends now
  to: string;
  topic: string; // its number
  source: string;
  lang: string;
  sentiment: string;
  emotion: string;
  q: string;
  since: string; // with `until`: only the posts of one point of the trend
  until: string;
  why: string; // the mood whose movement is explained; empty: nothing is
  before_from: string; // with `before_to`: the other window of the explanation, else the one just before
  before_to: string;
}

export type WindowName = "hour" | "day" | "week" | "own";

export interface Span {
  hours: number;
  period: "minute" | "hour" | "day";
  pool: number; // buckets put together for one share, so that the line is not noise
  words: string;
}

const WINDOWS: Record<Exclude<WindowName, "own">, Span> = {
  hour: { hours: 1, period: "minute", pool: 5, words: "last hour" },
  day: { hours: 24, period: "hour", pool: 1, words: "last 24 hours" },
  week: { hours: 168, period: "hour", pool: 6, words: "last 7 days" },
};

export const NOWHERE: Place = Object.freeze({
  window: "hour",
  from: "",
  to: "",
  topic: "",
  source: "",
  lang: "",
  sentiment: "",
  emotion: "",
  q: "",
  since: "",
  until: "",
  why: "",
  before_from: "",
  before_to: "",
});

const NAMES = Object.keys(NOWHERE) as (keyof Place)[];

/** Read a place from a query string; what is missing or makes no sense is as it is by default. */
export function read(search: string): Place {
  const given = new URLSearchParams(search);
  const place = { ...NOWHERE } as Record<keyof Place, string>;
  for (const name of NAMES) place[name] = given.get(name) ?? NOWHERE[name];
  const own = isSpan(place.from, place.to);
  const known = place.window in WINDOWS;
  const window = place.window === "own" && own ? "own" : known ? place.window : NOWHERE.window;
  return {
    ...(place as unknown as Place),
    window: window as WindowName,
    ...(window === "own" ? {} : { from: "", to: "" }),
    ...(isSpan(place.since, place.until) ? {} : { since: "", until: "" }),
    ...(isSpan(place.before_from, place.before_to) ? {} : { before_from: "", before_to: "" }),
  };
}

/** A place after a change; another window forgets the point of the trend that was picked. */
export function moved(place: Place, change: Partial<Place>): Place {
  const elsewhere = "window" in change || "from" in change || "to" in change;
  return { ...place, ...(elsewhere ? { since: "", until: "" } : {}), ...change };
}

/** Write a place as a query string, shortest first: what is as by default is left out. */
export function write(place: Place): string {
  const told = NAMES.filter((name) => place[name] !== NOWHERE[name]);
  return new URLSearchParams(told.map((name) => [name, place[name]])).toString();
}

/** Tell whether two texts are times, the first one the earlier. */
const isSpan = (from: string, to: string): boolean => Date.parse(from) < Date.parse(to);

/** The length and the buckets of a place's window. */
export function spanOf(place: Place): Span {
  if (place.window !== "own") return WINDOWS[place.window];
  const hours = (Date.parse(place.to) - Date.parse(place.from)) / 3.6e6;
  const words = "chosen window";
  if (hours <= 6) return { hours, period: "minute", pool: hours > 1 ? 10 : 5, words };
  return hours <= 24 * 14
    ? { hours, period: "hour", pool: 1, words }
    : { hours, period: "day", pool: 1, words };
}

/** The parameters of a place that every view takes. */
export function scopeOf(place: Place): Query {
  return { topic: place.topic, source: place.source, lang: place.lang };
}

/** Scope and window, as the views take them. */
export function viewOf(place: Place): Query {
  const window = place.window === "own" ? { from: place.from, to: place.to } : { hours: spanOf(place).hours };
  return { ...window, ...scopeOf(place) };
}

/** Scope and the filters that only lists of posts take. */
export function feedOf(place: Place): Query {
  return { ...scopeOf(place), sentiment: place.sentiment, emotion: place.emotion, q: place.q };
}
