"""Brings messages to their targets: signed webhooks and whatever Apprise reaches, each message once.

A delivery is a job that is tried again until it succeeds or has failed for good; what reached its
target is written down, and a job that runs twice sends nothing the second time. Should a process
die between the two, the message is sent again under the same id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from groundswell import jobs, outbound
from groundswell.alerts.message import as_json
from groundswell.alerts.targets import apprise_of, check_url, signed
from groundswell.core.alert import Incident, Target
from groundswell.core.clock import Clock
from groundswell.core.errors import AddressRefused, DeliveryFailed, GroundswellError, NotFound
from groundswell.outbound import AddressRules
from groundswell.store import alert_targets, alerts
from groundswell.store.alert_targets import News
from groundswell.store.database import Database

TITLE = "Groundswell"
TEST_MESSAGE = "This is a test message of Groundswell; nothing has happened."


@dataclass(frozen=True, kw_only=True)
class Postman:
    """What deliveries work with."""

    clock: Clock
    rules: AddressRules
    #: of links: where people reach this installation
    public_url: str = ""

    def link(self, incident: Incident) -> str:
        """Return where people read an incident: the page of alerts, which asks them to log in where it must."""
        return f"{self.public_url.rstrip('/')}/?alert={incident.id}#/alerts" if self.public_url else ""


def declare(postman: Postman) -> None:
    """Declare the job that delivers, for the process that runs jobs."""

    @jobs.task(alerts.DELIVER)
    def deliver_job(work: jobs.Work, message: str, target: int, alert: str | None) -> None:
        deliver(work.database, postman, message=message, target=target, alert=UUID(alert) if alert else None)

    @jobs.task(alert_targets.DELIVER_NEWS)
    def deliver_news_job(work: jobs.Work, target: int, **news: Any) -> None:
        told = News(id=news.pop("message"), at=datetime.fromisoformat(news.pop("at")), **news)
        deliver_news(work.database, postman, told, target)


def deliver(database: Database, postman: Postman, *, message: str, target: int, alert: UUID | None) -> None:
    """Bring one message to one target, unless it is there already or either is gone.

    Raises `DeliveryFailed` when it is worth trying again; an address that is refused is not.
    """
    try:
        with database.transaction() as connection:
            if alert_targets.was_sent(connection, message, target):
                return
            found = alert_targets.get(connection, target)
            incident = alerts.get(connection, alert) if alert else None
    except NotFound:
        return
    now = postman.clock.now()
    _tried(database, found, message, now, lambda: send(postman, found, message, incident, now))


def deliver_news(database: Database, postman: Postman, news: News, target: int) -> None:
    """Bring one piece of news to one target, like `deliver`."""
    try:
        with database.transaction() as connection:
            if alert_targets.was_sent(connection, news.id, target):
                return
            found = alert_targets.get(connection, target)
    except NotFound:
        return
    now = postman.clock.now()
    _tried(database, found, news.id, now, lambda: _send_news(postman, found, news, now))


def _tried(
    database: Database, target: Target, message: str, now: datetime, sending: Callable[[], None]
) -> None:
    """Send, and note how that went; what may succeed another time is raised."""
    try:
        sending()
    except GroundswellError as error:
        with database.transaction() as connection:
            alert_targets.note_try(connection, target.id, now, error.message)
        if isinstance(error, AddressRefused):
            return
        raise
    with database.transaction() as connection:
        alert_targets.note_sent(connection, message, target.id, now)


def _send_news(postman: Postman, target: Target, news: News, now: datetime) -> None:
    if target.kind == "webhook":
        told = {"type": news.type, "timestamp": news.at, "data": {"message": news.text, **news.data}}
        body = orjson.dumps(told, option=orjson.OPT_UTC_Z)
        outbound.post(postman.rules, target.url, body, signed(target.secret, news.id, now, body))
    else:
        _notify(postman.rules, target.url, news.text)


def send(postman: Postman, target: Target, message: str, incident: Incident | None, now: datetime) -> None:
    """Send one message (`incident` None: a test); raises `AddressRefused` or `DeliveryFailed`."""
    link = postman.link(incident) if incident else ""
    if target.kind == "webhook":
        body = orjson.dumps(payload(incident, link, now), option=orjson.OPT_UTC_Z)
        outbound.post(postman.rules, target.url, body, signed(target.secret, message, now, body))
        return
    text = incident.message if incident else TEST_MESSAGE
    _notify(postman.rules, target.url, "\n".join(filter(None, [text, link])))


def payload(incident: Incident | None, link: str, now: datetime) -> dict[str, Any]:
    """Return a webhook's body, in the form that Standard Webhooks recommends."""
    if incident is None:
        return {"type": "test", "timestamp": now, "data": {"message": TEST_MESSAGE}}
    return {"type": "alert.opened", "timestamp": incident.created_at, "data": as_json(incident, link=link)}


def _notify(rules: AddressRules, url: str, text: str) -> None:
    check_url("apprise", url)
    sender: Callable[..., bool | None] = apprise_of(
        url
    ).notify  # itself: all of Apprise would take other threads
    try:
        with outbound.guarded(rules) as refusals:
            sent = sender(title=TITLE, body=text)
    except TypeError as error:
        raise DeliveryFailed(f"Apprise failed: {str(error)[:100]}") from None
    if refusals:
        raise refusals[0]
    if not sent:
        raise DeliveryFailed("Apprise could not deliver the message.")
