"""The front door and the files of the page: whole, from here only, and nothing else."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi import FastAPI

from groundswell import __version__
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
    for name, asset in assets().items():
        text = asset.content.decode()
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(", text), name
        assert not re.search(r"(?:src|href|from|import|url)\s*[=(]?\s*[\"']?(?:https?:)?//(?!www\.w3\.org)", text), name


async def test_every_file_the_page_names_is_there(api: httpx.AsyncClient) -> None:
    wanted = set(re.findall(r'"/page/([\w.-]+)"', assets()["index.html"].content.decode()))
    for asset in assets().values():
        wanted |= set(re.findall(r'from "\./([\w.-]+)"', asset.content.decode()))
    assert {"page.js", "page.css", "chart.js", "wilson.js"} <= wanted
    for name in wanted:
        answer = await api.get(f"/page/{name}")
        assert answer.status_code == 200, name
        again = await api.get(f"/page/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["nothing.js", "..%2fapp.py", "__init__.py", "%2e%2e%2fapp.py"])
async def test_no_other_file_can_be_asked_for(api: httpx.AsyncClient, name: str) -> None:
    assert (await api.get(f"/page/{name}")).status_code == 404


async def test_javascript_is_sent_as_such(app: FastAPI, api: httpx.AsyncClient) -> None:
    del app
    assert (await api.get("/page/page.js")).headers["content-type"] == "text/javascript; charset=utf-8"
