"""Messages reach signed webhooks and Apprise targets once, and go nowhere they must not."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.alerts import COMPLAINTS, NOON, World, receiving

from groundswell.alerts.delivery import Postman
from groundswell.alerts.targets import check_url, new_secret
from groundswell.core.alert import Target, TargetKind
from groundswell.core.errors import DeliveryFailed, InvalidInput
from groundswell.outbound import AddressRules
from groundswell.store import alert_targets


def target(world: World, kind: TargetKind, url: str) -> Target:
    secret = new_secret() if kind == "webhook" else ""
    with world.database.transaction() as connection:
        return alert_targets.create(connection, name=kind, kind=kind, url=url, secret=secret, enabled=True)


def postman(world: World, allow: str = "127.0.0.1") -> Postman:
    return Postman(clock=world.clock, rules=AddressRules(allow=allow), public_url="https://mood.example.org/")


def state(world: World, number: int) -> Target:
    with world.database.reading() as connection:
        return alert_targets.get(connection, number)


def burst(world: World) -> str:
    world.store(world.make(NOON - timedelta(hours=1), 60, 5, 0.3))
    world.store(world.make(NOON, 5, 30, 1.0, texts=COMPLAINTS))
    world.watch([world.watcher()], 5 * 60)
    (incident,) = world.incidents()
    return str(incident.id)


def test_an_incident_reaches_a_webhook_and_an_apprise_target_once(world: World) -> None:
    with receiving() as hook, receiving() as apprise:
        webhook = target(world, "webhook", hook.url)
        target(world, "apprise", f"json://127.0.0.1:{apprise.port}/apprise")
        incident = burst(world)
        world.deliver(postman(world))
        world.deliver(postman(world))  # a job that is run again
        body = hook.verified(webhook.secret)
        assert body["type"] == "alert.opened"
        data = body["data"]
        assert isinstance(data, dict)
        assert data["url"] == f"https://mood.example.org/?alert={incident}#/alerts"
        assert data["details"]["terms"][0]["term"] == "battery"
        assert all(set(post) == {"id"} for post in data["details"]["posts"]), "what people wrote stays here"
        ((_, _, told),) = apprise.requests
        text = json.loads(told)["message"]
        assert "battery" in text and "Negative share is" in text and data["url"] in text


def test_a_failure_is_tried_again_under_the_same_id(world: World) -> None:
    with receiving() as hook:
        webhook = target(world, "webhook", hook.url)
        burst(world)
        hook.status = 500
        with pytest.raises(DeliveryFailed):
            world.deliver(postman(world))
        assert state(world, webhook.id).last_error == "127.0.0.1 answered with status 500."
        hook.status = 200
        world.deliver(postman(world))
        assert state(world, webhook.id).last_error == ""
        first, second = (headers["webhook-id"] for _, headers, _ in hook.requests)
        assert first == second


def test_a_redirect_is_not_followed(world: World) -> None:
    with receiving() as hook:
        target(world, "webhook", hook.url)
        burst(world)
        hook.status = 307
        with pytest.raises(DeliveryFailed, match="307"):
            world.deliver(postman(world))


@pytest.mark.parametrize("kind", ["webhook", "apprise"])
def test_a_target_inside_is_refused_and_not_tried_again(world: World, kind: TargetKind) -> None:
    with receiving() as hook:
        url = {"webhook": hook.url, "apprise": f"json://127.0.0.1:{hook.port}/"}[kind]
        made = target(world, kind, url)
        burst(world)
        world.deliver(postman(world, allow=""))
        assert "GROUNDSWELL_OUTBOUND_ALLOW" in state(world, made.id).last_error
        assert hook.requests == []


def test_what_is_gone_needs_no_message(world: World) -> None:
    made = target(world, "webhook", "http://127.0.0.1:1/")
    burst(world)
    with world.database.transaction() as connection:
        alert_targets.delete(connection, made.id)
    world.deliver(postman(world))


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("webhook", "file:///etc/passwd"),
        ("webhook", "https://"),
        ("apprise", "syslog://"),
        ("apprise", "dbus://"),
        ("apprise", "exec://rm"),
        ("apprise", "slack://"),
    ],
)
def test_targets_that_make_no_sense_are_refused(kind: str, url: str) -> None:
    with pytest.raises(InvalidInput):
        check_url(kind, url)
