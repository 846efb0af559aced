"""Rules, alerts, targets and movement over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.alerts import COMPLAINTS, NOON, World
from tests.api import calling

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.alert import Rule
from groundswell.store import alert_rules
from groundswell.store.database import Database

RULES, ALERTS, TARGETS = "/api/v1/alert-rules", "/api/v1/alerts", "/api/v1/alert-targets"
ANGER = {"name": "anger", "type": "emotion_share", "label": "emotion:anger", "threshold": 0.3}


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
async def api(parts_of: Callable[..., Parts], database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(create_app(parts_of(database=database))) as client:
        yield client


def burst(world: World) -> None:
    world.store(world.make(NOON - timedelta(hours=1), 60, 5, 0.3, texts=("a quiet day",)))
    world.store(world.make(NOON, 6, 30, 0.9, texts=COMPLAINTS, source="other"))
    world.watch([world.watcher()], 6 * 60, step=30)


async def test_rules_are_made_changed_and_removed(api: httpx.AsyncClient) -> None:
    made = await api.post(RULES, json=ANGER)
    assert made.status_code == 201, made.text
    rule = made.json()
    assert {name: rule[name] for name in ANGER} == ANGER
    assert (await api.get(made.headers["location"])).json() == rule
    assert (await api.post(RULES, json=ANGER)).status_code == 409
    muted = "2026-11-22T00:00:00Z"
    quiet = {"muted_until": muted, "quiet_from": "22:00", "quiet_to": "06:00"}
    changed = (await api.patch(f"{RULES}/{rule['id']}", json=quiet)).json()
    assert (changed["muted_until"], changed["quiet_from"], changed["threshold"]) == (muted, "22:00:00", 0.3)
    replaced = (await api.put(f"{RULES}/{rule['id']}", json={**ANGER, "threshold": 0.2})).json()
    assert (replaced["muted_until"], replaced["threshold"]) == (None, 0.2)
    assert [found["name"] for found in (await api.get(RULES)).json()["data"]] == ["anger"]
    assert (await api.delete(f"{RULES}/{rule['id']}")).status_code == 204
    for method in ("GET", "DELETE"):
        assert (await api.request(method, f"{RULES}/{rule['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"threshold": 0}, "threshold"),
        ({"type": "drift", "threshold": 0.5}, "body"),
        ({"label": "rage"}, "label"),
        ({"window_minutes": 0}, "window_minutes"),
        ({"colour": "red"}, "colour"),
        ({"threshold": 1.5}, "body"),
        ({"type": "volume", "threshold": 0.4}, "body"),
        ({"type": "silence", "threshold": 0.5}, "body"),
        ({"topic": 7}, "topic"),
        ({"quiet_from": "22:00"}, "body"),
        ({"muted_until": "2026-11-22T00:00:00"}, "body"),
    ],
)
async def test_bounds(api: httpx.AsyncClient, changes: dict[str, Any], parameter: str) -> None:
    answer = await api.post(RULES, json={**ANGER, **changes})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["parameter"] == parameter


async def test_a_rule_begins_with_what_is_usual_for_its_type(api: httpx.AsyncClient) -> None:
    """A share's threshold would make a volume rule call at 0.4 times the usual, and a backlog at 0.4 s."""
    usual = {"change": 0.15, "volume": 3, "silence": 10, "system": 60, "negative_share": 0.4, "drift": 1}
    for type_, threshold in usual.items():
        made = await api.post(RULES, json={"name": type_, "type": type_})
        assert (made.status_code, made.json()["threshold"]) == (201, threshold), made.text
    unlabelled = await api.post(RULES, json={"name": "anger", "type": "emotion_share"})
    assert unlabelled.status_code == 400
    assert "needs a label" in str(unlabelled.json()["error"])


async def test_a_rule_of_before_is_shown_and_can_be_mended(api: httpx.AsyncClient, world: World) -> None:
    """Also where it makes too little sense to be made today."""
    with world.database.transaction() as connection:
        id_ = alert_rules.create(connection, Rule(name="old", type="volume", threshold=0.4)).id
    (listed,) = (await api.get(RULES)).json()["data"]
    assert (listed["name"], listed["threshold"]) == ("old", 0.4)
    assert (await api.patch(f"{RULES}/{id_}", json={"window_minutes": 9})).status_code == 400
    assert (await api.patch(f"{RULES}/{id_}", json={"threshold": 4})).json()["threshold"] == 4


async def test_an_alert_is_listed_read_acknowledged_and_resolved(
    api: httpx.AsyncClient, world: World
) -> None:
    burst(world)
    listed = (await api.get(ALERTS, params={"status": "open", "type": "negative_share"})).json()
    (alert,) = listed["data"]
    assert listed["metadata"]["total"] == 1
    assert alert["interval"][0] > alert["threshold_value"] == 0.4
    assert alert["details"]["terms"][0]["term"] == "battery"
    assert {"source", "lang", "topic"} == alert["details"]["splits"].keys()
    assert all("battery" in post["content"].lower() for post in alert["details"]["posts"])
    path = f"{ALERTS}/{alert['id']}"
    assert (await api.get("/api/v1/status")).json()["last_alert"]["id"] == alert["id"]
    assert (await api.post(f"{path}/acknowledge")).json()["status"] == "acknowledged"
    resolved = (await api.post(f"{path}/resolve")).json()
    assert [change["status"] for change in resolved["history"]] == ["open", "acknowledged", "resolved"]
    assert (await api.post(f"{path}/acknowledge")).status_code == 409
    assert (await api.get(ALERTS, params={"status": "open"})).json()["data"] == []
    assert (await api.get(ALERTS, params={"since": "2027-01-01"})).json()["data"] == []
    assert (await api.get("/api/alerts", params={"limit": 5})).json()["data"][0]["id"] == alert["id"]
    assert (await api.get(f"{ALERTS}/{'0' * 8}-0000-0000-0000-{'0' * 12}")).status_code == 404


async def test_a_rule_is_tested_now_and_on_history(api: httpx.AsyncClient, world: World) -> None:
    burst(world)
    (rule,) = (await api.get(RULES)).json()["data"]
    await api.post(TARGETS, json={"name": "t", "kind": "webhook", "url": "https://example.org/"})
    tested = (await api.post(f"{RULES}/{rule['id']}/test")).json()
    assert (tested["state"], tested["messages"]) == ("unsure", 1)
    span = {"from": (NOON - timedelta(hours=1)).isoformat(), "to": (NOON + timedelta(minutes=30)).isoformat()}
    (firing,) = (await api.get(f"{RULES}/{rule['id']}/backtest", params=span)).json()["data"]
    assert firing["interval"][0] > 0.4
    assert firing["opened_at"] <= (NOON + timedelta(minutes=5)).isoformat()
    values = {name: rule[name] for name in ("name", "type", "threshold")}
    assert (await api.post(f"{RULES}/backtest", params=span, json=values)).json()["data"] == [firing]
    assert (await api.post(f"{RULES}/backtest", params=span, json={**values, "threshold": 0.99})).json()[
        "data"
    ] == []
    too_long = {"from": "2020-01-01", "to": "2026-01-01"}
    assert (await api.get(f"{RULES}/{rule['id']}/backtest", params=too_long)).status_code == 400


async def test_a_targets_secrets_are_shown_once(api: httpx.AsyncClient) -> None:
    hook = {"name": "ops", "kind": "webhook", "url": "https://example.org/hook?token=hidden"}
    made = (await api.post(TARGETS, json=hook)).json()
    assert made["secret"].startswith("whsec_")
    (listed,) = (await api.get(TARGETS)).json()["data"]
    assert "secret" not in listed and "hidden" not in str(listed)
    assert (await api.post(f"{TARGETS}/{made['id']}/test")).status_code == 202
    assert (await api.post(TARGETS, json=hook)).status_code == 409
    assert (await api.post(TARGETS, json={**hook, "name": "x", "kind": "apprise"})).status_code == 400
    assert (await api.delete(f"{TARGETS}/{made['id']}")).status_code == 204
    assert (await api.post(f"{TARGETS}/{made['id']}/test")).status_code == 404


async def test_movement_says_why_two_windows_differ(api: httpx.AsyncClient, world: World) -> None:
    burst(world)
    window = {"from": NOON.isoformat(), "to": (NOON + timedelta(minutes=5)).isoformat()}
    before = {"baseline_from": (NOON - timedelta(hours=1)).isoformat(), "baseline_to": NOON.isoformat()}
    moved = (await api.get("/api/v1/sentiment/movement", params={**window, **before})).json()
    assert moved["now"]["total"] == 150 and moved["baseline"]["total"] == 300
    for split in moved["splits"].values():
        effects = [part["effect"] for part in [*split["mix"], *split["rate"]]]
        assert sum(effects) == pytest.approx(moved["change"], abs=1e-12)
    assert moved["terms"][0]["term"] == "battery"
    empty = (await api.get("/api/v1/sentiment/movement", params={"from": "2020-01-01", "hours": 1})).json()
    assert (empty["change"], empty["terms"], empty["posts"]) == (None, [], [])
    falling = {**before, "label": "positive", **window}
    assert (await api.get("/api/v1/sentiment/movement", params=falling)).json()["terms"][0][
        "term"
    ] == "battery"


@pytest.mark.parametrize(
    "query",
    [
        {"from": "0002-01-01"},
        {"from": "0001-01-01T00:00:00Z", "to": "0001-01-02"},
        {"from": "9999-12-31T22:00:00Z", "to": "9999-12-31T23:30:00Z"},
    ],
)
async def test_movement_before_or_after_all_time_is_refused(
    api: httpx.AsyncClient, query: dict[str, str]
) -> None:
    answer = await api.get("/api/v1/sentiment/movement", params=query)
    assert answer.status_code == 400 and "between the years" in answer.json()["error"]["message"]


async def test_an_erased_post_is_gone_from_alerts(api: httpx.AsyncClient, world: World) -> None:
    burst(world)
    (alert,) = (await api.get(ALERTS)).json()["data"]
    gone = alert["details"]["posts"][0]["id"]
    assert (await api.delete(f"/api/v1/posts/{gone}")).status_code in {200, 202, 204}
    (alert,) = (await api.get(ALERTS)).json()["data"]
    assert gone not in str(alert)
