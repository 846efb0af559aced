"""`groundswell alerts` from a shell: rules, alerts, the same figures again, and a back-test."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.alerts import COMPLAINTS, NOON, World
from tests.integration.journey import SECRET
from typer.testing import CliRunner

from groundswell.cli import alerts as commands
from groundswell.core.errors import GroundswellError


class Shell:
    """Runs commands as a person would, in this process: on a busy machine each new one takes many seconds."""

    def run(self, *arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(commands.app, arguments)
        if isinstance(done.exception, GroundswellError):
            assert code == 1, done.exception.message
            return str(done.exception.message)
        assert done.exit_code == code, (done.output, done.exception)
        return str(done.output)

    def json(self, *arguments: str, code: int = 0) -> Any:
        done = CliRunner().invoke(commands.app, [*arguments, "--json"])
        assert done.exit_code == code, (done.output, done.exception)
        return json.loads(done.stdout)


@pytest.fixture
def shell(database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("GROUNDSWELL_PSEUDONYM_KEY", SECRET.decode())
    return Shell()


def test_targets_are_made_tested_and_removed(shell: Shell, world: World) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        return shell.run("targets", *arguments, code=code)

    made = json.loads(run("add", "ops", "https://example.org/secret-path", "--json"))
    assert (made["kind"], made["scheme"]) == ("webhook", "https") and made["secret"].startswith("whsec_")
    assert json.loads(run("add", "room", "ntfy://example.org/topic", "--json"))["kind"] == "apprise"
    assert "There is an alert target called 'ops'" in run("add", "ops", "https://a.b", code=1)
    assert "are not allowed here" in run("add", "sh", "exec://rm", code=1)
    assert "That is no target" in run("add", "x", "y://z", "--kind", "pigeon", code=1)

    run("test", "ops")
    with world.database.reading() as connection:
        query = "SELECT args FROM procrastinate_jobs WHERE task_name = 'alerts.deliver'"
        ((args,),) = connection.execute(query).fetchall()
    assert int(args["target"]) == made["id"] and args["message"].startswith("test-")

    run("remove", str(made["id"]))
    assert "There is no target 'ops'" in run("remove", "ops", code=1)
    listed = shell.run("targets", "list")
    assert "room" in listed and "ops" not in listed and "example.org" not in listed


def test_rules_are_made_changed_and_removed(shell: Shell, world: World) -> None:
    world.watcher().tick()
    made = shell.json(
        "rules", "add", "loud", "--type", "volume", "--set", "threshold=10", "--set", "source=x"
    )
    assert (made["threshold"], made["source"]) == (10, "x")
    changed = shell.json("rules", "edit", "loud", "--set", "threshold=5", "--set", "source=")
    assert (changed["threshold"], changed["source"]) == (5, None)
    assert [rule["name"] for rule in shell.json("rules")["data"]][1:] == ["loud"]
    assert "There is no rule 'quiet'" in shell.run("rules", "edit", "quiet", code=1)
    assert "That is no rule" in shell.run("rules", "edit", "loud", "--set", "threshold=much", code=1)
    shell.run("rules", "remove", "loud")
    assert "Negative share over" in shell.run("rules")


def test_an_alert_is_explained_again_with_the_same_figures(shell: Shell, world: World) -> None:
    """Also later, when the minute that was under way has long been filled."""
    world.store(world.make(NOON - timedelta(hours=1), 60, 10, 0.3, texts=("a quiet day", "the sea")))
    burst = world.make(NOON, 20, 23, 0.9, texts=COMPLAINTS)
    watcher = world.watcher()
    for post in range(0, len(burst), 23):
        world.store(burst[post : post + 23])
        world.watch([watcher], 60, step=20)
    (incident,) = world.incidents()
    found = shell.json("why", str(incident.id)[:8])
    assert found["different"] == []
    assert found["figures"]["actual_value"] == incident.actual_value
    assert found["figures"]["terms"] == incident.details["terms"]
    assert "all figures are as stored" in shell.run("why", str(incident.id))
    assert shell.json("list")["data"][0]["id"] == str(incident.id)
    span = ("--from", "2026-11-20T11:00", "--to", "2026-11-20T12:30")
    (firing,) = shell.json("backtest", "1", *span)["data"]
    assert abs(firing["value"] - incident.actual_value) < 0.2
    shell.run("ack", str(incident.id)[:8])
    assert "acknowledged" in shell.run("list", "--status", "acknowledged")
    with world.database.transaction() as connection:
        connection.execute(b"UPDATE posts SET content = 'something else' WHERE content LIKE '%batter%'")
    assert "terms" in shell.json("why", str(incident.id), code=1)["different"]
