// One connection to the live feed that comes back by itself and goes on where it was.

import type { LiveEvent } from "./state";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 20_000;
const RESUMABLE = 60_000; // longer away: what was missed is read from the store instead

export type Link = "connecting" | "live" | "away";

/** How long to wait before attempt `n`, in milliseconds: doubling, with half of it left to chance. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
  return wait / 2 + (random() * wait) / 2;
}

export interface Follower {
  url: string;
  cursor: () => string | null;
  onEvent: (event: LiveEvent) => void;
  /** `retryAt`, in milliseconds, says when "away" ends. */
  onLink: (link: Link, retryAt: number) => void;
  /** What opens a connection; tests give another. */
  socket?: (url: string) => Pick<WebSocket, "onopen" | "onmessage" | "onclose" | "close">;
}

/** Follow the feed until the returned function is called. */
export function follow({
  url,
  cursor,
  onEvent,
  onLink,
  socket = (to) => new WebSocket(to),
}: Follower): () => void {
  let attempt = 0;
  let heard = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  let connection: ReturnType<typeof socket> | undefined;

  const open = () => {
    if (ended) return;
    onLink("connecting", 0);
    const known = cursor();
    const resumes = known !== null && Date.now() - heard < RESUMABLE;
    connection = socket(resumes ? `${url}&cursor=${encodeURIComponent(known)}` : url);
    connection.onopen = () => onLink("live", 0);
    connection.onmessage = (message: MessageEvent<string>) => {
      attempt = 0;
      heard = Date.now();
      if (!ended) onEvent(JSON.parse(message.data) as LiveEvent);
    };
    connection.onclose = () => {
      if (ended) return;
      const wait = backoff(attempt);
      attempt += 1;
      onLink("away", Date.now() + wait);
      timer = setTimeout(open, wait);
    };
  };
  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    connection?.close();
  };
}
