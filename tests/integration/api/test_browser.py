"""The page in a real browser: it shows what the API counts, and what people wrote as text only."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.api import served
from tests.integration.views.made import make, store

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.store.database import Database

CHROMIUM = shutil.which("chromium")
HOSTILE = "<img src=x onerror=\"document.title='hurt'\"> & <b>bold</b>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium"),
]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def page_of(port: int, profile: Path) -> str:
    """Return the page as it stands after some seconds of a browser's own time."""
    command = [
        str(CHROMIUM),
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
        *(f"--user-data-dir={profile}", "--virtual-time-budget=8000", "--dump-dom"),
        f"http://127.0.0.1:{port}/",
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False).stdout


def test_the_page_shows_what_the_api_counts(
    parts_of: Callable[..., Parts], database: Database, tmp_path: Path
) -> None:
    hour_ago = datetime.now(UTC) - timedelta(minutes=50)
    posts = make(10, 80, around=hour_ago, spread=timedelta(minutes=45))
    posts[0] = replace(posts[0], post=replace(posts[0].post, content=HOSTILE, ingested_at=datetime.now(UTC)))
    store(database, posts)
    with served(create_app(parts_of(database=database))) as port:
        page = page_of(port, tmp_path)
        element = re.search(r'data-testid="total-posts" data-value="(\d*)"\s+data-query="([^"]+)"', page)
        assert element, page
        counted = httpx.get(f"http://127.0.0.1:{port}{element[2]}").json()["metadata"]["total"]
    assert int(element[1]) == counted > 0
    assert page.count('class="line positive"') >= 1
    assert len(re.findall(r'<li class="post"', page)) == 40
    assert "&lt;img src=x onerror=" in page and "<title>Groundswell</title>" in page
    assert re.search(r'id="empty" hidden=""', page)


def test_an_empty_store_is_explained(
    parts_of: Callable[..., Parts], database: Database, tmp_path: Path
) -> None:
    with served(create_app(parts_of(database=database))) as port:
        page = page_of(port, tmp_path)
    assert not re.search(r'id="empty" hidden=""', page)
    assert "groundswell up --source synthetic" in page
