"""The dashboard as its users meet it: over a real server and a replayed file, in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import CHROMIUM, chromium, opened, serious
from tests.system import System, until

PAGES = ("live", "alerts", "topics", "label", "models", "try", "system")
WIDTHS = (390, 1280, 2560)
MOVING = {"uptime_seconds", "stream.oldest_seconds", "live.clients", "cache.hit", "cache.miss"}
"""Figures that are another the next moment."""

CALM = 60
ANGRY = 140
PICTURES = os.environ.get("PICTURES")
"""Where to put pictures of the pages, for the docs; nowhere unless it is set."""
SHOWN = {(name, "light", 1280) for name in PAGES} | {("live", "dark", 1280), ("live", "light", 390)}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium"),
]


def recorded(folder: Path) -> Path:
    """Write a recording: calm talk, then a burst of complaints about one thing."""
    calm = [f"Lovely morning number {n}, the coffee is great" for n in range(CALM)]
    angry = [f"Terrible, the refund of order {n} failed again, I hate this" for n in range(ANGRY)]
    path = folder / "posts.jsonl"
    rows = [
        {"post_id": str(n), "source": "shop" if n % 3 else "forum", "content": text, "lang": "en"}
        for n, text in enumerate(calm + angry)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """A running installation, the recording replayed into it, an alert open, a topic tracked."""
    folder = Path(tempfile.mkdtemp(prefix="gs-page-"))
    with System(folder / "data", environment={"GROUNDSWELL_MODEL": "vader"}) as running:
        topic = {"name": "Refunds", "any": ["refund"]}
        assert running.http.post("/api/v1/topics", json=topic).status_code == 201
        done = running.run("ingest", f"file:{recorded(folder)}", "--once")
        assert done.returncode == 0, done.stderr
        until(
            lambda: running.get("/api/v1/posts", limit=1)["metadata"]["total"] == CALM + ANGRY, 300, "posts"
        )
        until(lambda: running.get("/api/v1/alerts", status="open")["metadata"]["total"] == 1, 300, "an alert")
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def address(system: System, page: str, query: str = "") -> str:
    return f"{system.url}/{query}#/{'' if page == 'live' else page}"


def settled(page: Page) -> None:
    """Wait until nothing on the page is being loaded any more."""
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_label("Loading")).to_have_count(0)


def at(answer: Any, field: str) -> Any:
    """Follow `data.0.share` into an answer."""
    for step in field.split("."):
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer


@pytest.mark.parametrize("name", ["live", "alerts", "system"])
def test_each_headline_number_is_what_its_query_answers(system: System, browser: Browser, name: str) -> None:
    with opened(browser, address(system, name)) as watched:
        settled(watched.page)
        expect(watched.page.locator("[data-query][data-value='']")).to_have_count(0)
        found = watched.page.locator("[data-query]").all()
        assert found
        for number in found:
            field, query = (str(number.get_attribute(name)) for name in ("data-field", "data-query"))
            answer = system.http.get(query, headers={"Cache-Control": "no-cache"}).json()
            counted, shown = float(at(answer, field)), float(str(number.get_attribute("data-value")))
            assert field in MOVING or shown == pytest.approx(counted), field


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_open_to_everyone_at_every_width(
    system: System, browser: Browser, name: str, theme: str
) -> None:
    """No serious finding of axe, nothing wider than the window, and a picture."""
    with opened(browser, address(system, name), theme=theme) as watched:
        page = watched.page
        settled(page)
        if name == "try":
            page.get_by_role("button", name="Two hours on hold").click()
            expect(page.get_by_test_id("reading").first).to_be_visible()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            settled(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if PICTURES and (name, theme, width) in SHOWN:
                page.screenshot(path=Path(PICTURES) / f"{name}-{theme}-{width}.png")
        page.set_viewport_size({"width": 1280, "height": 900})
        assert serious(page) == []


def test_the_mood_of_a_topic_is_found_and_can_be_linked_to(system: System, browser: Browser) -> None:
    with opened(browser, system.url) as watched:
        page = watched.page
        page.get_by_label("Topic").select_option("Refunds")
        expect(page.get_by_test_id("window-posts")).to_have_attribute("data-value", str(ANGRY))
        expect(page.get_by_test_id("feed").get_by_text("Lovely morning")).to_have_count(0)
        link = page.url
    with opened(browser, link) as watched:
        expect(watched.page.get_by_test_id("window-posts")).to_have_attribute("data-value", str(ANGRY))


def test_a_point_of_the_trend_leads_to_its_posts_by_keyboard(system: System, browser: Browser) -> None:
    with opened(browser, system.url) as watched:
        page = watched.page
        page.get_by_test_id("trend").focus()
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        expect(page.locator("#posts")).to_be_focused()
        expect(page.get_by_role("button", name="Back to live")).to_be_visible()
        link = page.url
        page.get_by_role("button", name="Back to live").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
    with opened(browser, link) as watched:
        expect(watched.page.get_by_role("button", name="Back to live")).to_be_visible()


def test_what_is_chosen_is_saved_and_shown_again(system: System, browser: Browser) -> None:
    with opened(browser, f"{system.url}/?window=day&sentiment=negative#/") as watched:
        watched.page.get_by_role("button", name="Saved views").click()
        watched.page.get_by_label("Save what is chosen now as").fill("Bad days")
        watched.page.get_by_role("button", name="Save", exact=True).click()
        expect(watched.page.get_by_role("button", name="Show Bad days")).to_have_text("Shown")
    with opened(browser, system.url) as watched:
        page = watched.page
        page.get_by_role("button", name="Saved views").click()
        page.get_by_role("button", name="Show Bad days").click()
        expect(page.get_by_role("combobox", name="Mood")).to_have_value("negative")
        expect(page.get_by_role("radio", name="Day")).to_be_checked()
        page.get_by_role("button", name="Saved views").click()
        page.get_by_role("button", name="Remove Bad days").click()
        expect(page.get_by_text("Nothing is saved yet")).to_be_visible()


def test_a_wrong_label_is_corrected_where_the_post_is_read(system: System, browser: Browser) -> None:
    with opened(browser, system.url) as watched:
        post = watched.page.get_by_test_id("feed").locator("li").first
        number = post.get_attribute("data-id")
        row = watched.page.locator(f"li[data-id='{number}']").first
        row.get_by_role("button", name="Correct how this post was read").click()
        watched.page.get_by_role("menuitem", name="Neutral").click()
        expect(row.get_by_text("Thank you, noted as neutral")).to_be_visible()
    (said,) = system.get("/api/v1/feedback")["data"]
    assert (said["post_id"], said["user_label"]) == (number, "neutral")


def test_the_collection_log_tells_what_happened_to_a_source(system: System, browser: Browser) -> None:
    with opened(browser, address(system, "system")) as watched:
        watched.page.get_by_text("Collection log: when each").click()
        log = watched.page.get_by_test_id("collection-log")
        expect(log.get_by_role("cell", name="started", exact=True)).to_be_visible()
        expect(log.get_by_role("cell", name="stopped", exact=True)).to_be_visible()


def test_an_alert_says_why_and_is_acknowledged(system: System, browser: Browser) -> None:
    with opened(browser, address(system, "alerts")) as watched:
        incident = watched.page.get_by_test_id("incident").first
        expect(incident.get_by_role("cell", name="refund", exact=True)).to_be_visible()
        expect(incident.get_by_test_id("movement")).to_contain_text("are negative")
        incident.get_by_role("button", name="Acknowledge").click()
        expect(watched.page.get_by_test_id("open-alerts")).to_have_attribute("data-value", "0")
        incident.get_by_text("What happened to it").click()
        changes = incident.get_by_test_id("changes")
        expect(changes).to_contain_text("open")
        expect(changes).to_contain_text("acknowledged")
        incident.get_by_role("link", name="See its time on the live page").click()
        expect(watched.page.get_by_role("button", name="Back to live")).to_be_visible()
        expect(watched.page.get_by_test_id("feed").get_by_text("Lovely morning")).to_have_count(0)
    assert system.get("/api/v1/alerts", status="acknowledged")["metadata"]["total"] == 1


def test_the_link_of_a_message_opens_its_alert(system: System, browser: Browser) -> None:
    told = system.get("/api/v1/alerts")["data"][0]
    with opened(browser, address(system, "alerts", f"?alert={told['id']}")) as watched:
        linked = watched.page.locator("#linked-alert").get_by_test_id("incident")
        expect(linked).to_have_attribute("data-id", told["id"])


def fired(system: System) -> Any:
    """When the rule of a fresh installation would have called in the last hour."""
    now = datetime.now(UTC)
    span = {"from": (now - timedelta(hours=1)).isoformat(), "to": now.isoformat()}
    return system.get("/api/v1/alert-rules/1/backtest", **span)["data"]


def test_a_rule_is_tried_on_the_past_before_it_is_made(system: System, browser: Browser) -> None:
    until(lambda: fired(system), 300, "the past to hold an alert: a back-test sees whole minutes")
    with opened(browser, address(system, "alerts")) as watched:
        page = watched.page
        page.get_by_role("button", name="New rule").click()
        page.get_by_label("Name").fill("Angry about refunds")
        expect(page.get_by_test_id("preview")).to_contain_text("It would have called once")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("cell", name="Angry about refunds", exact=True)).to_be_visible()


def test_the_page_outlives_the_server(system: System, browser: Browser) -> None:
    """What was read stays, with its time; when the server is back, the page goes on by itself."""
    with opened(browser, system.url) as watched:
        total = watched.page.get_by_test_id("total-posts")
        expect(total).to_have_attribute("data-value", str(CALM + ANGRY))
        watched.page.on("console", lambda _: watched.complaints.clear())  # a browser reports each failed call
        assert system.stop() == 0
        expect(watched.page.get_by_test_id("away")).to_contain_text("You see things as of")
        expect(total).to_have_attribute("data-value", str(CALM + ANGRY))
        system.start()
        system.wait_ready()
        expect(watched.page.get_by_test_id("away")).to_have_count(0)
        expect(watched.page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
        watched.complaints.clear()
