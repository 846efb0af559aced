"""The dashboard in Chromium, over the whole installation: first paint, a post until it is drawn, smoothness.

- First paint: `first-contentful-paint` of a browser that has never seen the page, from the start of the navigation.
- A post's way: the page itself sends a post over HTTP and watches for it to be drawn, one clock for both ends; the
  synthetic source writes 5 posts/s meanwhile, as under `make run`.
- Smoothness: tasks over 50 ms (as browsers call "long") while 50 posts/s are simulated for a minute in real time.

Budgets: first paint under 1 s, p95 of a post's way under 300 ms. The build measures the JavaScript (at most 350 kB).
`python -m benchmarks page` sends 100 posts; `page:20` sends twenty.
"""

import time

from playwright.sync_api import Browser, Page
from tests.browser import chromium
from tests.hour import FEED, play
from tests.system import System, until

from benchmarks.report import folder, machine, percentile

PAINTS, RATE, SECONDS = 20, 50, 60
BUDGET_PAINT_MS, BUDGET_SEEN_MS = 1_000.0, 300.0
FIRST_SECONDS, SETTLE_MS, PAUSE_MS = 120, 3_000, 200

SEEN = """
async (n) => {
  const words = `Benchmark post ${n} of ${performance.timeOrigin}`;
  const list = document.querySelector("main");
  const begin = performance.now();
  const seen = new Promise((resolve) => {
    const watch = new MutationObserver(() => {
      if (!list.textContent.includes(words)) return;
      watch.disconnect();
      requestAnimationFrame(() => resolve(performance.now() - begin));
    });
    watch.observe(list, { childList: true, subtree: true, characterData: true });
  });
  await fetch("/api/v1/posts", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ post_id: words, source: "bench", content: words }),
  });
  return Promise.race([seen, new Promise((resolve) => setTimeout(() => resolve(-1), 10_000))]);
}
"""
"""Milliseconds from the request of a post until it is drawn; -1: not within ten seconds."""


def _page(browser: Browser) -> Page:
    return browser.new_context(viewport={"width": 1280, "height": 900}).new_page()


def _paints(browser: Browser, url: str) -> list[float]:
    """Milliseconds of first paints, each of a browser context without a cache."""
    found = []
    for _ in range(PAINTS):
        page = _page(browser)
        page.goto(url)
        page.get_by_test_id("total-posts").wait_for()
        paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        found.append(float(page.evaluate(paint)))
        page.context.close()
    return found


def _seen(browser: Browser, url: str, posts: int) -> list[float]:
    page = _page(browser)
    page.goto(url)
    page.wait_for_timeout(SETTLE_MS)
    found = []
    for number in range(posts):
        found.append(float(page.evaluate(SEEN, number)))
        page.wait_for_timeout(PAUSE_MS)
    page.context.close()
    return found


def _long_tasks(browser: Browser, url: str) -> list[float]:
    """Milliseconds of the tasks that held frames up, in a minute of a busy feed."""
    page = _page(browser)
    page.add_init_script(FEED)
    page.goto(url)
    page.wait_for_timeout(SETTLE_MS)
    page.evaluate("longTasks.length = 0")
    begin = time.monotonic()
    for second in range(SECONDS):
        play(page, first=second * RATE, posts=RATE, each=1)
        page.wait_for_timeout(max(0.0, 1000 * (begin + second + 1 - time.monotonic())))
    found: list[float] = page.evaluate("longTasks")
    page.context.close()
    return found


def _verdict(value: float, budget: float) -> str:
    return "kept" if value < budget else "MISSED"


def main(posts: str = "100") -> None:
    """Print the three figures beside their budgets."""
    machine("groundswell", "playwright")
    with (
        folder() as home,
        System(home / "data", arguments=("--source", "synthetic", "--rate", "5")) as system,
    ):
        until(lambda: system.get("/api/v1/posts", limit=1)["data"], FIRST_SECONDS, "the first analysed post")
        with chromium() as browser:
            paints, seen = _paints(browser, system.url), _seen(browser, system.url, int(posts))
            long = _long_tasks(browser, system.url)
    arrived, paint = [one for one in seen if one >= 0], percentile(paints, 0.95)
    print(
        f"   first paint of {len(paints)} new browsers: p50 {percentile(paints, 0.5):.0f} ms, p95 {paint:.0f} ms"
        f" (budget {BUDGET_PAINT_MS:.0f} ms): {_verdict(paint, BUDGET_PAINT_MS)}"
    )
    p95 = percentile([one if one >= 0 else float("inf") for one in seen], 0.95)
    print(
        f"   post to drawn: {len(arrived)} of {len(seen)} seen, p50 {percentile(arrived, 0.5):.0f} ms,"
        f" p95 {p95:.0f} ms (budget {BUDGET_SEEN_MS:.0f} ms): {_verdict(p95, BUDGET_SEEN_MS)}"
    )
    print(
        f"   tasks over 50 ms in {SECONDS} s of {RATE} posts/s: {len(long)}, together {sum(long):.0f} ms,"
        f" the longest {max(long, default=0):.0f} ms"
    )
