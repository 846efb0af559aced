"""The dashboard in a real browser: it shows what the API counts, and what people wrote as text only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Browser, expect
from tests.api import served
from tests.browser import CHROMIUM, chromium, opened, serious
from tests.integration.views.made import make, store

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.store.database import Database

HOSTILE = "<img src=x onerror=\"document.title='hurt'\"> & <b>bold</b>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def test_the_page_shows_what_the_api_counts(
    parts_of: Callable[..., Parts], database: Database, browser: Browser
) -> None:
    hour_ago = datetime.now(UTC) - timedelta(minutes=50)
    posts = make(10, 80, around=hour_ago, spread=timedelta(minutes=45))
    posts[0] = replace(posts[0], post=replace(posts[0].post, content=HOSTILE, ingested_at=datetime.now(UTC)))
    store(database, posts)
    with served(create_app(parts_of(database=database))) as port:
        url = f"http://127.0.0.1:{port}"
        with opened(browser, url) as watched:
            total = watched.page.get_by_test_id("total-posts")
            expect(total).to_have_attribute("data-value", re.compile(r"^\d+$"))
            query = total.get_attribute("data-query")
            counted = httpx.get(f"{url}{query}").json()["metadata"]["total"]
            assert int(str(total.get_attribute("data-value"))) == counted > 0
            expect(watched.page.locator("li.post")).to_have_count(40)
            expect(watched.page.get_by_text(HOSTILE)).to_be_visible()
            expect(watched.page.get_by_test_id("trend").locator("canvas")).to_be_visible()
            expect(watched.page).to_have_title("Groundswell")


def test_an_empty_store_is_explained(
    parts_of: Callable[..., Parts], database: Database, browser: Browser
) -> None:
    app = create_app(parts_of(database=database))
    with served(app) as port, opened(browser, f"http://127.0.0.1:{port}") as watched:
        expect(watched.page.get_by_text("groundswell up --source synthetic")).to_be_visible()


@pytest.mark.parametrize("name", ["", "alerts", "topics", "label", "models", "try", "system"])
def test_an_empty_page_is_whole_and_open_to_everyone(
    parts_of: Callable[..., Parts], database: Database, browser: Browser, name: str
) -> None:
    """Nothing stored, nothing tracked, nobody at work: no page is wider than a phone, or keeps people out."""
    app = create_app(parts_of(database=database))
    with served(app) as port, opened(browser, f"http://127.0.0.1:{port}/#/{name}", width=390) as watched:
        page = watched.page
        expect(page.get_by_role("main")).to_be_visible()
        expect(page.get_by_label("Loading")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert serious(page) == []


def test_a_page_opened_while_the_server_is_away_comes_once_it_is_back(
    parts_of: Callable[..., Parts], database: Database, browser: Browser
) -> None:
    with (
        served(create_app(parts_of(database=database))) as port,
        opened(browser, f"http://127.0.0.1:{port}") as watched,
    ):
        page = watched.page
        expect(page.get_by_test_id("empty")).to_be_visible()
        page.context.set_offline(True)
        page.get_by_role("link", name="Topics").click()
        expect(page.get_by_label("Loading")).to_be_visible()
        page.context.set_offline(False)
        expect(page.get_by_text("No topic yet")).to_be_visible()
        watched.complaints.clear()  # a browser reports each failed call
