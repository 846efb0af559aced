"""The page after an hour of fifty posts a second: it shows the newest, and holds no more than after six minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect
from tests.api import served
from tests.browser import CHROMIUM, chromium, opened
from tests.hour import FEED, Held, held, play
from tests.integration.views.made import make, store

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.store.database import Database

RATE, HOUR = 50, 3_600
EACH = 5 * RATE
"""Posts between two frames: five seconds' worth, so that the hour ends in minutes."""
MORE_BYTES = 4 * 1024 * 1024
SHOWN = 40

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.mark.timeout(1_200)
def test_an_hour_of_posts_leaves_nothing_behind(
    parts_of: Callable[..., Parts], database: Database, browser: Browser
) -> None:
    store(database, make(10, 80, around=datetime.now(UTC) - timedelta(minutes=50)))
    with (
        served(create_app(parts_of(database=database))) as port,
        opened(browser, "about:blank") as watched,
    ):
        page = watched.page
        page.add_init_script(FEED)
        page.goto(f"http://127.0.0.1:{port}")
        expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
        tenth = RATE * HOUR // 10
        play(page, first=0, posts=tenth, each=EACH)
        early = held(page)
        play(page, first=tenth, posts=9 * tenth, each=EACH)
        expect(page.locator("li.post")).to_have_count(SHOWN)
        expect(page.get_by_text(f"Post number {RATE * HOUR - 1}:")).to_be_visible()
        assert _grown(early, held(page)) == []


def _grown(early: Held, late: Held) -> list[str]:
    """Name what has grown, with by how much."""
    more = {
        "bytes": (late.heap_bytes - early.heap_bytes, MORE_BYTES),
        "nodes": (late.nodes - early.nodes, 2_000),
        "listeners": (late.listeners - early.listeners, 200),
    }
    return [f"{n} more {name}" for name, (n, most) in more.items() if n > most]
