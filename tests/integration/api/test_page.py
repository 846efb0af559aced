"""The front door and the files of the page: whole, from here only, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from groundswell import __version__
from groundswell.api.routes import page
from groundswell.api.routes.page import assets

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def test_a_browser_gets_the_page(api: httpx.AsyncClient) -> None:
    answer = await api.get("/", headers={"Accept": BROWSER})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert 'data-testid="total-posts"' in answer.text
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
async def test_a_program_gets_a_welcome(api: httpx.AsyncClient, accept: str) -> None:
    body = (await api.get("/", headers={"Accept": accept})).json()
    assert body["message"].startswith("Welcome to Groundswell")
    assert (body["status"], body["version"]) == ("healthy", __version__)


async def test_nothing_inline_and_nothing_from_elsewhere_may_run(api: httpx.AsyncClient) -> None:
    answer = await api.get("/", headers={"Accept": BROWSER})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|<style", answer.text)
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", answer.text)
    styles = [asset.content.decode() for name, asset in assets().items() if name.endswith(".css")]
    assert styles and not any(re.search(r"url\(|@import", text) for text in styles)


async def test_every_file_the_page_names_is_there_and_kept_as_long_as_it_is_true(
    api: httpx.AsyncClient,
) -> None:
    wanted = set(re.findall(r'"/page/([\w./-]+)"', assets()["index.html"].content.decode()))
    for asset in assets().values():
        if asset.media_type == "text/javascript":
            wanted |= {f"assets/{name}" for name in re.findall(r"\./([\w-]+\.js)", asset.content.decode())}
    assert {"mark.svg", "theme.js"} < wanted and len(wanted) > 4
    for name in wanted:
        answer = await api.get(f"/page/{name}")
        assert answer.status_code == 200, name
        assert ("immutable" in answer.headers["cache-control"]) == name.startswith("assets/")
        again = await api.get(f"/page/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_a_package_without_the_dashboard_says_how_to_build_it(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(page, "files", lambda _: tmp_path)
    page.assets.cache_clear()
    try:
        answer = await api.get("/", headers={"Accept": BROWSER})
        assert answer.status_code == 501
        assert "make dashboard" in answer.text and "Groundswell is running" in answer.text
        error = (await api.get("/page/mark.svg")).json()["error"]
        assert error["code"] == "DASHBOARD_NOT_BUILT"
        assert (await api.get("/")).status_code == 200
    finally:
        page.assets.cache_clear()


@pytest.mark.parametrize("name", ["nothing.js", "..%2fapp.py", "__init__.py", "%2e%2e%2fapp.py"])
async def test_no_other_file_can_be_asked_for(api: httpx.AsyncClient, name: str) -> None:
    assert (await api.get(f"/page/{name}")).status_code == 404


async def test_javascript_is_sent_as_such(app: FastAPI, api: httpx.AsyncClient) -> None:
    del app
    assert (await api.get("/page/theme.js")).headers["content-type"] == "text/javascript; charset=utf-8"
