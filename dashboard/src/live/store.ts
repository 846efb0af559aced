// The one live connection of the page, as a store that React follows.

import { useSyncExternalStore } from "react";
import { follow, type Link } from "./connection";
import {
  apply,
  cleared,
  type LiveEvent,
  type LivePost,
  type LiveState,
  pause,
  START,
  snapshot,
} from "./state";

const RATE = 10; // posts a second the page asks for; of more it shows a sample, and says so

let state: LiveState = START;
let link: { state: Link; retryAt: number } = { state: "connecting", retryAt: 0 };
let queue: LiveEvent[] = [];
let frame = 0;
let ending: (() => void) | null = null;
let following: string | null = null;
const listeners = new Set<() => void>();

function tell() {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function set(next: LiveState) {
  if (next === state) return;
  state = next;
  tell();
}

/** Apply what has come since the last frame at once: a burst costs one drawing, not fifty. */
function drain() {
  frame = 0;
  const events = queue;
  queue = [];
  set(events.reduce(apply, state));
}

function onEvent(event: LiveEvent) {
  queue.push(event);
  if (queue.length > 500)
    drain(); // a page in the background gets no frames
  else if (!frame) frame = requestAnimationFrame(drain);
}

function onLink(next: Link, retryAt: number) {
  link = { state: next, retryAt };
  tell();
}

export interface Wish {
  topic?: string;
  source?: string;
  lang?: string;
  sentiment?: string;
}

/** Follow the feed as wished; another wish replaces the connection, the same one changes nothing. */
export function connect(wish: Wish): void {
  const query = new URLSearchParams({ rate: String(RATE) });
  for (const [name, value] of Object.entries(wish)) if (value) query.set(name, value);
  const url = `${location.origin.replace(/^http/, "ws")}/api/v1/live?${query}`;
  if (url === following) return;
  ending?.();
  queue = [];
  if (following !== null) set({ ...cleared(state), cursor: null });
  following = url;
  ending = follow({ url, cursor: () => state.cursor, onEvent, onLink });
}

export const useLive = (): LiveState => useSyncExternalStore(subscribe, () => state);
export const useLink = () => useSyncExternalStore(subscribe, () => link);

export const currentState = (): LiveState => state;
export const setPaused = (paused: boolean): void => set(pause(state, paused));
export const take = (posts: readonly LivePost[], asked: LiveState): void =>
  set(snapshot(state, posts, asked));
