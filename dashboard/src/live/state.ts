// What the page knows of the live feed, and how one event changes it. Pure: no clock, no DOM.

import type { Emotion, Sentiment } from "@/words/labels";

export const KEPT = 100; // posts held, shown or waiting behind "Pause"

export interface LivePost {
  id: string;
  source: string;
  content: string;
  sentiment: Sentiment;
  confidence: number;
  emotion: Emotion | null;
  timestamp: string;
}

export interface Totals {
  total_posts: number;
  positive: number;
  neutral: number;
  negative: number;
  timestamp: string;
  window_hours: number;
  rate: number | null;
  lag_seconds: number | null;
  feed_share: number;
}

export type LiveEvent =
  | { type: "connection"; cursor: string }
  | { type: "new_post"; data: LivePost; cursor: string }
  | { type: "erased"; data: { id: string }; cursor: string }
  | { type: "metrics"; data: Totals }
  | { type: "alert"; data: { id: string; status: string }; cursor: string }
  | { type: "model"; data: { key: string; version: string; stage: string } }
  | { type: "gap"; missed: number | null };

export interface LiveState {
  readonly posts: readonly LivePost[]; // newest first
  readonly waiting: readonly LivePost[]; // arrived while paused
  readonly paused: boolean;
  readonly totals: Totals | null; // data of the last `metrics` event
  readonly missed: number; // events a slow connection lost
  readonly cursor: string | null; // where to resume
  readonly arrivals: number; // posts and erasures ever applied: the views have changed
  readonly alerts: number; // alert events ever applied
  readonly models: number; // pointer moves ever applied
}

export const START: LiveState = Object.freeze({
  posts: [],
  waiting: [],
  paused: false,
  totals: null,
  missed: 0,
  cursor: null,
  arrivals: 0,
  alerts: 0,
  models: 0,
});

/** Return the state after `event`, one frame of the live feed; unknown events change nothing. */
export function apply(state: LiveState, event: LiveEvent): LiveState {
  const next = "cursor" in event ? { ...state, cursor: event.cursor ?? state.cursor } : state;
  switch (event.type) {
    case "new_post":
      return { ...arrived(next, event.data), arrivals: next.arrivals + 1 };
    case "erased":
      return { ...next, ...without(next, event.data.id), arrivals: next.arrivals + 1 };
    case "metrics":
      return { ...next, totals: event.data };
    case "alert":
      return { ...next, alerts: next.alerts + 1 };
    case "model":
      return { ...next, models: next.models + 1 };
    case "gap":
      return { ...next, missed: next.missed + (event.missed ?? 0) };
    default:
      return next;
  }
}

/** Take `posts` read from the store, with those the live feed brought since `asked`, the state then. */
export function snapshot(state: LiveState, posts: readonly LivePost[], asked: LiveState): LiveState {
  if (state.paused) return state;
  const before = new Set(asked.posts.map((post) => post.id));
  const since = state.posts.filter((post) => !before.has(post.id));
  return { ...state, posts: merged(since, posts) };
}

/** Stop or go on: what waited comes in at once. */
export function pause(state: LiveState, paused: boolean): LiveState {
  return paused
    ? { ...state, paused }
    : { ...state, paused, posts: merged(state.waiting, state.posts), waiting: [] };
}

/** Forget the posts, for another choice of them; totals, cursor and counts stay. */
export function cleared(state: LiveState): LiveState {
  return { ...state, posts: [], waiting: [], missed: 0 };
}

function arrived(state: LiveState, post: LivePost): LiveState {
  if (state.posts.some((known) => known.id === post.id)) {
    const posts = state.posts.map((known) => (known.id === post.id ? { ...known, ...post } : known));
    return { ...state, posts };
  }
  if (!state.paused) return { ...state, posts: [post, ...state.posts.slice(0, KEPT - 1)] };
  const others = state.waiting.filter((known) => known.id !== post.id);
  return { ...state, waiting: [post, ...others.slice(0, KEPT - 1)] };
}

function without(state: LiveState, id: string): Pick<LiveState, "posts" | "waiting"> {
  const others = (post: LivePost) => post.id !== id;
  return { posts: state.posts.filter(others), waiting: state.waiting.filter(others) };
}

/** Put two lists together by id, the first one's posts first, no longer than KEPT. */
function merged(first: readonly LivePost[], second: readonly LivePost[]): LivePost[] {
  const known = new Set<string>();
  return [...first, ...second].filter((post) => !known.has(post.id) && known.add(post.id)).slice(0, KEPT);
}
