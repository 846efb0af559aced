"""Where an installation's servers and secrets are: given by URL, or embedded in its data folder."""

import os
from collections.abc import Callable
from dataclasses import replace

from groundswell.core.clock import Clock
from groundswell.core.errors import BadSettings, NotRunning
from groundswell.embedded import DataFolder, EmbeddedServers, Servers, running
from groundswell.settings import Settings
from groundswell.supervise.supervisor import Supervisor

PSEUDONYM_FILE = "pseudonym.key"


def servers(settings: Settings) -> Servers:
    """Return the servers to talk to: the given ones, else those of the `up` in the data folder.

    Raises `NotRunning` when there are neither.
    """
    database_url, redis_url = settings.external_database, settings.external_redis
    if database_url and redis_url:
        return Servers(database_url=database_url, redis_url=redis_url)
    found = running(settings.data_dir.resolve())
    return replace(
        found, database_url=database_url or found.database_url, redis_url=redis_url or found.redis_url
    )


def start_servers(
    settings: Settings,
    folder: DataFolder,
    supervisor: Supervisor,
    clock: Clock,
    pause: Callable[[float], None],
) -> Servers:
    """Start what no URL is given for and return where everything is.

    The caller holds the folder's lock. Raises `CannotStart`, or `BadSettings` without a pseudonym key.
    """
    database_url, redis_url = settings.external_database, settings.external_redis
    if database_url is None:
        folder.secret(PSEUDONYM_FILE)
    pseudonym_secret(settings)
    if database_url is None or redis_url is None:
        embedded = EmbeddedServers(folder, postgres=database_url is None, valkey=redis_url is None)
        embedded.start(supervisor, clock, pause)
        database_url = embedded.postgres.url if embedded.postgres else database_url
        redis_url = embedded.valkey.url if embedded.valkey else redis_url
    return Servers(database_url=database_url or "", redis_url=redis_url or "", pid=os.getpid())


def pseudonym_secret(settings: Settings) -> bytes:
    """Return the key of pseudonyms and post keys.

    Raises `BadSettings` when a database of one's own comes without: a key made up anew would make
    a stranger of every known author and a new post of every known one.
    """
    if settings.pseudonym_key:
        return settings.pseudonym_key.get_secret_value().encode()
    if settings.external_database:
        raise BadSettings(
            "Set GROUNDSWELL_PSEUDONYM_KEY to a long random secret and keep it; "
            "with a database of your own it cannot be made up."
        )
    kept = settings.data_dir / PSEUDONYM_FILE
    if not kept.exists():
        raise NotRunning
    return kept.read_text().strip().encode()
