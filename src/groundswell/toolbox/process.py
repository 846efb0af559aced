"""How a process shows that it lives: a heartbeat in the store, metrics and health at a port."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from groundswell import __version__
from groundswell.observe import memory_bytes
from groundswell.settings import Settings, host_name
from groundswell.supervise.exposition import Exposed, Shown, exposition, refuse_open
from groundswell.supervise.parts import Part, every
from groundswell.toolbox.tools import Tools

if TYPE_CHECKING:  # each role imports what it is made of when it runs: a worker needs no web server
    from redis import Redis

HEARTBEAT_SECONDS = 2.0


def process_name(role: str, name: str | None) -> str:
    """Return what the process is called: by its supervisor, else by its number."""
    return f"{host_name()}:{name or f'{role}-{os.getpid()}'}"


def heartbeat(
    tools: Tools, role: str, name: str | None, state: Callable[[], Mapping[str, object]] = dict
) -> Part:
    """Return the part that tells the store every two seconds that this process lives."""
    from groundswell.store import presence

    started_at = tools.clock.now()
    tools.metrics.set("groundswell_process_info", 1, role=role, version=__version__)

    me = process_name(role, name)

    def beat() -> None:
        process = presence.Process(
            id=me,
            role=role,
            host=host_name(),
            pid=os.getpid(),
            version=__version__,
            started_at=started_at,
            state={**state(), "memory_bytes": memory_bytes()},
        )
        with tools.database.transaction() as connection:
            presence.beat(connection, process, tools.clock.now())

    def leave() -> None:
        with tools.database.transaction() as connection:
            presence.leave(connection, me)

    return every(HEARTBEAT_SECONDS, beat, name="heartbeat", farewell=leave)


def exposed(
    tools: Tools, refresh: Callable[[], None] | None = None, serves: Callable[[], bool] = lambda: True
) -> list[Part]:
    """Return the part that shows metrics and health of a role, or none without a port for it.

    `refresh` brings gauges up to date that only this role knows; `serves` tells whether its own port listens
    already: a balancer that is told "healthy" sends requests there.
    """

    def bring_up_to_date() -> None:
        tools.metrics.show_memory()
        tools.database.show_use(tools.metrics)
        if refresh:
            refresh()

    def is_ready() -> bool:
        return serves() and tools.database.ping() and _answers(tools.redis)

    return exposed_at(
        tools.settings, Shown(metrics=tools.metrics, refresh=bring_up_to_date, is_ready=is_ready)
    )


def exposed_at(settings: Settings, shown: Shown) -> list[Part]:
    """Return the part that shows `shown` at the port of the settings, or none without one."""
    where = exposed_where(settings)
    return [exposition(where, shown)] if where else []


def exposed_where(settings: Settings) -> Exposed | None:
    """Return where a role shows how it is, or None where it does not.

    Raises `BadSettings` where other machines could read it without a token.
    """
    if not settings.metrics_port:
        return None
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else ""
    where = Exposed(host=settings.metrics_host, port=settings.metrics_port, token=token)
    refuse_open(where)
    return where


def _answers(redis: "Redis") -> bool:
    from redis.exceptions import RedisError

    try:
        return bool(redis.ping())
    except RedisError:
        return False
