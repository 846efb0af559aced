import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { backoff, follow, type Link } from "./connection";

class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;
  constructor(readonly url: string) {}
  close() {
    this.closed = true;
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function followed() {
  const sockets: FakeSocket[] = [];
  const links: Link[] = [];
  let cursor: string | null = null;
  const end = follow({
    url: "ws://here/live?rate=10",
    cursor: () => cursor,
    onEvent: (event) => {
      cursor = "cursor" in event ? event.cursor : cursor;
    },
    onLink: (link) => links.push(link),
    socket: (url) => {
      const made = new FakeSocket(url);
      sockets.push(made);
      return made as never;
    },
  });
  return { sockets, links, end };
}

it("waits longer each time, but never for ever", () => {
  expect([0, 1, 2, 20].map((n) => backoff(n, () => 1))).toEqual([500, 1000, 2000, 20_000]);
  expect(backoff(0, () => 0)).toBe(250);
});

it("comes back by itself and goes on where it was", () => {
  const { sockets, links } = followed();
  sockets[0]?.onopen?.();
  sockets[0]?.onmessage?.({ data: '{"type":"connection","cursor":"5-1"}' });
  sockets[0]?.onclose?.();
  vi.advanceTimersByTime(600);
  expect(links).toEqual(["connecting", "live", "away", "connecting"]);
  expect(sockets[1]?.url).toBe("ws://here/live?rate=10&cursor=5-1");
});

it("begins anew after being away for long", () => {
  const { sockets } = followed();
  sockets[0]?.onmessage?.({ data: '{"type":"connection","cursor":"5-1"}' });
  vi.advanceTimersByTime(61_000);
  sockets[0]?.onclose?.();
  vi.advanceTimersByTime(600);
  expect(sockets[1]?.url).toBe("ws://here/live?rate=10");
});

it("ends when told and opens nothing more", () => {
  const { sockets, end } = followed();
  end();
  sockets[0]?.onclose?.();
  vi.advanceTimersByTime(60_000);
  expect([sockets.length, sockets[0]?.closed]).toEqual([1, true]);
});
