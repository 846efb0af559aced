"""A live feed made inside the page: an hour of posts in a minute, for what must hold after an hour."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

FEED = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longTasks.push(task.duration);
}).observe({ type: "longtask" });

window.WebSocket = class {
  constructor() {
    window.feed = this;
    setTimeout(() => {
      this.onopen?.();
      this.say({ type: "connection", cursor: "0-0" });
    });
  }
  close() {}
  say(event) {
    this.onmessage?.({ data: JSON.stringify(event) });
  }
  post(n) {
    const sentiment = ["positive", "neutral", "negative"][n % 3];
    const content = `Post number ${n}: the queue at the station was long, but everybody stayed friendly`;
    const data = { id: `post-${n}`, source: "hour", content, sentiment, confidence: 0.8, emotion: "joy" };
    this.say({ type: "new_post", data: { ...data, timestamp: new Date().toISOString() }, cursor: `1-${n}` });
  }
};

/** Let `posts` arrive from number `first` on, so many before each frame that is drawn. */
window.play = async (first, posts, each) => {
  for (let n = first; n < first + posts; n += 1) {
    window.feed.post(n);
    if (n % each === each - 1) await new Promise((drawn) => requestAnimationFrame(() => drawn()));
  }
};
"""
"""Takes the place of the page's WebSocket, and counts tasks that hold a frame up (over 50 ms, as browsers say)."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a page holds on to, after a collection of garbage."""

    heap_bytes: int
    nodes: int
    listeners: int


def held(page: Page) -> Held:
    """Measure a page."""
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable")
    for _ in range(2):  # what the first one makes unreachable
        tools.send("HeapProfiler.collectGarbage")
    found = {one["name"]: int(one["value"]) for one in tools.send("Performance.getMetrics")["metrics"]}
    tools.detach()
    return Held(heap_bytes=found["JSHeapUsedSize"], nodes=found["Nodes"], listeners=found["JSEventListeners"])


def play(page: Page, *, first: int, posts: int, each: int) -> None:
    """Let posts arrive and be drawn; returns when they are, however long that takes."""
    for start in range(first, first + posts, 10 * each):
        count = min(10 * each, first + posts - start)
        page.evaluate("([first, posts, each]) => play(first, posts, each)", [start, count, each])
