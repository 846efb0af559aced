"""How alerts are found and brought to people."""

from typing import TYPE_CHECKING

from groundswell.toolbox.tools import Tools

if TYPE_CHECKING:  # each role imports what it is made of when it runs: a worker needs no web server
    from groundswell.alerts.delivery import Postman
    from groundswell.alerts.watcher import Watcher


def postman(tools: Tools) -> "Postman":
    """Return what brings messages of alerts out of the house."""
    from groundswell.alerts.delivery import Postman
    from groundswell.outbound import AddressRules

    settings = tools.settings
    here = f"http://{settings.host}:{settings.port}"
    rules = AddressRules(allow=settings.outbound_allow)
    return Postman(clock=tools.clock, rules=rules, public_url=settings.public_url or here)


def watcher(tools: Tools) -> "Watcher":
    """Return what evaluates the alert rules."""
    from groundswell.alerts.watcher import Watcher, WatcherParts
    from groundswell.stream.ledger import read_ledger
    from groundswell.stream.live import announce

    settings, redis = tools.settings, tools.redis
    stream = settings.stream_name
    return Watcher(
        WatcherParts(
            database=tools.database,
            clock=tools.clock,
            metrics=tools.metrics,
            books=lambda: read_ledger(redis, stream, settings.consumer_group),
            announce=lambda data, about: announce(
                redis, stream, "alert", data, id=about, keep=settings.live_entries
            ),
            threshold=settings.alert_threshold,
            window_minutes=settings.alert_window_minutes,
        )
    )
