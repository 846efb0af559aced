"""What `groundswell doctor` looks at: each check says what it found and what to do about it."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from groundswell.core.clock import Clock
from groundswell.core.errors import CannotStart, GroundswellError, NotRunning, Unavailable
from groundswell.embedded import Servers
from groundswell.embedded.programs import postgres_programs, valkey_program
from groundswell.installation import servers
from groundswell.settings import Settings
from groundswell.supervise.http import answers, claim_port

if TYPE_CHECKING:  # a driver is loaded only where there is a server to ask
    from groundswell.store.presence import Process

MEBIBYTE = 1024 * 1024
LITTLE_DISK = 200 * MEBIBYTE
SOME_DISK = 2048 * MEBIBYTE
SKEW_SECONDS = 2.0
"""Two clocks of one machine differ by less; more, and the order of things is in doubt."""

LONG_SECONDS = 60.0
"""What stands still for longer needs somebody to look."""

State = Literal["good", "warning", "bad"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: State
    says: str
    #: what to do about it; empty when there is nothing to do
    advice: str = ""


def examine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Look at everything this installation needs, running or not, the cheap things first."""
    yield from _tried("disk", lambda: _disk(settings.data_dir))
    yield from _tried("secrets", lambda: _secrets(settings.data_dir))
    yield from _tried("programs", lambda: _programs(settings))
    yield from _tried("model", lambda: _model(settings, clock))
    try:
        found = servers(settings)
    except NotRunning as error:
        yield Finding(check="running", state="warning", says=error.message)
        yield from _tried("port", lambda: _port(settings, clock))
        return
    yield from _tried("page", lambda: _page(found, settings))
    yield from _tried("database", lambda: _database(found, clock))
    yield from _tried("schema", lambda: _schema(found))
    yield from _tried("stream", lambda: _stream(found, clock))
    yield from _tried("workers", lambda: _work(found, settings, clock))


def ledger(settings: Settings) -> Iterator[Finding]:
    """Prove on the running system that nothing was lost or counted twice.

    Raises `NotRunning`, `StreamUnavailable` or `StoreUnavailable` when it cannot be told.
    """
    from groundswell.store.database import Database
    from groundswell.store.rollups import recount
    from groundswell.stream.connect import client
    from groundswell.stream.ledger import read_ledger

    found = servers(settings)
    with closing(client(found.redis_url)) as redis:
        books = read_ledger(redis, settings.stream_name, settings.consumer_group)
    yield Finding(
        check="entries added = settled + backlog",
        state="bad" if books.imbalance else "good",
        says=f"{books.added} = {sum(books.settled.values())} + {books.backlog}",
        advice=f"{books.imbalance} entries are missing: something else trims or writes the stream."
        if books.imbalance
        else "",
    )
    with closing(Database(found.database_url, size=1)) as database, database.reading() as connection:
        differences = recount(connection)
    yield Finding(
        check="rollups = recount",
        state="bad" if differences else "good",
        says=f"{len(differences)} differences" + "".join(f"; {difference}" for difference in differences[:3]),
        advice="Report this with the lines above: counts and posts should never part." if differences else "",
    )


AWAY = "Start the server, or correct its address: `groundswell config` shows DATABASE_URL and REDIS_URL."


def _tried(check: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what `look` finds; a check that fails is a finding too, and the next one still runs."""
    from redis import RedisError

    try:
        yield from look()
    except Unavailable as error:
        yield Finding(check=check, state="bad", says=error.message, advice=AWAY)
    except GroundswellError as error:
        yield Finding(check=check, state="bad", says=error.message)
    except RedisError as error:
        yield Finding(
            check=check, state="bad", says=f"The stream's server does not answer: {error}", advice=AWAY
        )
    except Exception as error:  # noqa: BLE001  (whatever a driver raises is what the user has to know)
        yield Finding(check=check, state="bad", says=str(error) or type(error).__name__)


def _disk(folder: Path) -> Iterator[Finding]:
    place = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(place).free
    state: State = "bad" if free < LITTLE_DISK else "warning" if free < SOME_DISK else "good"
    advice = "" if state == "good" else "Make room: both servers stop when the disk is full."
    yield Finding(check="disk", state=state, says=f"{free // MEBIBYTE} MiB free at {place}", advice=advice)


def _secrets(folder: Path) -> Iterator[Finding]:
    kept = [folder / name for name in ("pseudonym.key", "postgres.password", "servers.json")]
    bare = [path.name for path in kept if path.exists() and path.stat().st_mode & 0o077]
    yield Finding(
        check="secrets",
        state="bad" if bare else "good",
        says=f"other users can read {', '.join(bare)}" if bare else "closed to other users",
        advice=f"chmod 600 {' '.join(str(folder / name) for name in bare)}" if bare else "",
    )


def _programs(settings: Settings) -> Iterator[Finding]:
    missing = [name for name in ("setpriv", "unshare", "nice") if shutil.which(name) is None]
    if missing:
        raise CannotStart(f"{', '.join(missing)} is missing; install the package util-linux.")
    if settings.external_database is None:
        postgres_programs()
    if settings.external_redis is None:
        valkey_program()
    yield Finding(check="programs", state="good", says="everything that `up` starts is there")


def _model(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Have the model that these settings name read a text, wherever it is."""
    from groundswell.observe import Metrics
    from groundswell.store.database import Database
    from groundswell.toolbox import reader

    with ExitStack() as stack:
        database = None
        with suppress(NotRunning):
            database = stack.enter_context(closing(Database(servers(settings).database_url, size=1)))
        reads = reader(settings, clock=clock, metrics=Metrics(), database=database)
        stack.callback(reads.close)
        model = reads.current.model or reads.load(reads.name)
        (reading,) = model.read(["a wonderful day"])
    yield Finding(
        check="model", state="good", says=f"{reading.model_used} reads {reading.sentiment} in a happy text"
    )


def _port(settings: Settings, clock: Clock) -> Iterator[Finding]:
    port = claim_port(settings.host, settings.port, clock.sleep)
    yield Finding(check="port", state="good", says=f"{settings.host}:{port} is free")


def _page(found: Servers, settings: Settings) -> Iterator[Finding]:
    page = urlsplit(found.page or f"http://{settings.host}:{settings.port}")
    ready = answers(page.hostname or "", page.port or 80, "/health")
    yield Finding(
        check="page",
        state="good" if ready else "bad",
        says=f"{page.geturl()} {'answers' if ready else 'does not answer as ready'}",
        advice="" if ready else "The log of `up`, or of the API, says why.",
    )


def _database(found: Servers, clock: Clock) -> Iterator[Finding]:
    from groundswell.store.database import Database

    with closing(Database(found.database_url, size=1)) as database, database.reading() as connection:
        row = connection.execute("SELECT current_setting('server_version'), clock_timestamp()").fetchone()
    assert row  # noqa: S101  (a SELECT without FROM has one row)
    yield Finding(check="database", state="good", says=f"PostgreSQL {row[0]} answers")
    yield _skew("clock of the database", row[1], clock)


def _schema(found: Servers) -> Iterator[Finding]:
    from groundswell.store.migrate import schema_state

    revision, head = schema_state(found.database_url)
    current = revision == head
    yield Finding(
        check="schema",
        state="good" if current else "bad",
        says=f"at {revision or 'nothing'}" + ("" if current else f", this version needs {head}"),
        advice="" if current else "Run `groundswell migrate`.",
    )


def _stream(found: Servers, clock: Clock) -> Iterator[Finding]:
    from groundswell.stream.connect import assert_durable, client, command

    with closing(client(found.redis_url)) as redis:
        seconds, micros = (int(part) for part in command(redis, "TIME"))
        complaint = assert_durable(redis)
    yield Finding(
        check="stream",
        state="warning" if complaint else "good",
        says=complaint or "accepted posts are on disk before the answer (appendfsync always)",
    )
    yield _skew("clock of the stream", datetime.fromtimestamp(seconds + micros / 1e6, UTC), clock)


def _work(found: Servers, settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Tell whether what was accepted is being read, and whether something was put aside."""
    from groundswell.store import parked, presence
    from groundswell.store.database import Database
    from groundswell.stream.connect import client
    from groundswell.stream.ledger import read_ledger

    with closing(client(found.redis_url)) as redis:
        books = read_ledger(redis, settings.stream_name, settings.consumer_group)
    with closing(Database(found.database_url, size=1)) as database, database.reading() as connection:
        living = presence.living(connection, clock.now())
        _, aside = parked.listing(connection, state="parked", limit=1, offset=0)
    workers = [process for process in living if process.role == "worker"]
    yield _workers(workers, backlog=books.backlog, oldest_seconds=books.oldest_seconds(clock.now()))
    yield Finding(
        check="parked",
        state="warning" if aside else "good",
        says=f"{aside} posts were put aside" if aside else "nothing was put aside",
        advice="`groundswell parked list` says why; then `parked retry` or `parked drop`." if aside else "",
    )


def _workers(workers: Sequence["Process"], *, backlog: int, oldest_seconds: float) -> Finding:
    waiting = f"{backlog} posts wait, the oldest for {oldest_seconds:.0f} s" if backlog else "no post waits"
    state: State = "good"
    says, advice = f"{len(workers)} at work; {waiting}", ""
    if not workers:
        state = "bad" if oldest_seconds > LONG_SECONDS else "warning"  # it may be starting just now
        says, advice = (
            f"none is at work; {waiting}",
            "Start one with `groundswell worker`; the log of `up` says more.",
        )
    elif hung := [
        each.id for each in workers if float(str(each.state.get("stalled_seconds", 0))) > LONG_SECONDS
    ]:
        state, says, advice = (
            "bad",
            f"{', '.join(hung)} hangs; {waiting}",
            "Stop it; its posts are taken over by others.",
        )
    elif held := [f"{each.id}: {each.state['outage']}" for each in workers if each.state.get("outage")]:
        state, says, advice = "warning", f"{'; '.join(held)} ({waiting})", AWAY
    elif braking := [each.id for each in workers if each.state.get("brake")]:
        state, says = "warning", f"{', '.join(braking)} parked too many posts and goes slowly; {waiting}"
        advice = "`groundswell parked list` shows what is wrong with them."
    return Finding(check="workers", state=state, says=says, advice=advice)


def _skew(check: str, theirs: datetime, clock: Clock) -> Finding:
    seconds = abs((theirs - clock.now()).total_seconds())
    far = seconds > SKEW_SECONDS
    return Finding(
        check=check,
        state="bad" if far else "good",
        says=f"{seconds:.1f} s from ours",
        advice="Set the clocks of these machines by NTP." if far else "",
    )
