"""The promises of the stream and its workers, each with its proof.

Promises 1 and 2 under random kills of everything are proved in tests/acceptance/test_chaos.py, at each
point of a worker's way in test_failpoints.py, in any order of events in test_protocol.py, and with lost
replies in test_faults.py.
"""

import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from structlog.testing import capture_logs
from tests.integration.journey import STREAM, Journey, WorkerProcess, raw
from tests.patience import PATIENCE
from tests.servers import run_postgres, start_postgres, start_valkey, stop

from groundswell.core.errors import StreamFull, UnreadableText
from groundswell.core.mood import Attribution, Reading
from groundswell.models.null import NullModel
from groundswell.store.migrate import migrate
from groundswell.stream.connect import assert_durable, client
from groundswell.stream.entry import named

Eventually = Callable[[Callable[[], object], float], None]


class Picky(NullModel):
    """A model that cannot read some texts and says so only when it is shown them."""

    def read(self, texts: Sequence[str]) -> list[Reading]:
        if any("unreadable" in text for text in texts):
            raise UnreadableText
        if any("surprising" in text for text in texts):
            raise ZeroDivisionError
        return super().read(texts)

    def explain(self, text: str) -> list[Attribution]:
        return super().explain(text)


# 3. 202 means on disk


def test_what_was_accepted_survives_a_kill_right_after() -> None:
    with short_folder() as folder:
        accepted = 0
        for _ in range(100):
            server, url = start_valkey(folder, durable=True)
            journey = Journey(url, "postgresql:///nowhere")
            assert assert_durable(journey.redis) is None
            accepted += journey.door.admit([raw(f"{accepted}-{n}") for n in range(2)]).count
            server.kill()
            server.wait(PATIENCE)
            journey.close()
        server, url = start_valkey(folder, durable=True)
        with client(url) as valkey:
            assert valkey.xlen(STREAM) == accepted == 200
        stop(server)


def test_a_server_that_would_forget_is_told_apart(redis_url: str) -> None:
    with client(redis_url) as valkey:
        sentence = assert_durable(valkey)
        assert sentence is not None and "appendonly yes" in sentence


# 4. One bad post harms nobody


def test_bad_posts_among_a_thousand_are_parked_alone(journey: Journey, eventually: Eventually) -> None:
    bad: dict[int, dict[str, str | bytes]] = {
        100: {"content": "a NUL \0 inside"},
        333: {"content": b"half a surrogate \xed\xa0\xbd"},
        500: {"content": "x" * 10_000_000},
        666: {"content": "unreadable to the model"},
        801: {"content": "surprising to the model"},
        802: {"source": ""},
        999: {"post_id": ""},
    }
    for number in range(1000):
        post: dict[str, str | bytes] = {
            "post_id": f"p{number}",
            "source": "test",
            "content": f"post {number}",
        }
        post |= {"author": "ana", "created_at": ""} | bad.get(number, {})
        journey.plain(**post)
    with journey.working(model=Picky()):
        eventually(journey.is_idle, 60)
    assert len(journey.contents()) == 993
    reasons = sorted(entry.reason for entry in journey.parked())
    assert reasons == [
        "It fails with ZeroDivisionError.",
        "The content contains a NUL character, which cannot be stored.",
        "The content has 10,000,000 characters; at most 10,000 are accepted.",
        "The content is not valid UTF-8.",
        "The post_id is missing.",
        "The source is missing.",
        "The text cannot be read by the model.",
    ]
    assert journey.ledger().settled == {"stored": 993, "parked": 7}
    journey.assert_counts_are_true()


def test_a_bad_release_parks_tens_of_posts_not_the_stream(journey: Journey, eventually: Eventually) -> None:
    journey.door.admit([raw(number, "surprising") for number in range(300)])
    with capture_logs() as lines, journey.working(model=Picky(), parking_limit=10) as worker:
        eventually(lambda: worker.state()["brake"], 20)
    assert len(journey.parked()) == 10
    told = {line["entry"]: line for line in lines if line["event"] == "a post is parked"}
    for entry in journey.parked():
        line = told[entry.entry_id]
        assert (line["post"], line["why"]) == (named(entry.fields), "ZeroDivisionError")
    assert journey.ledger().backlog == 290
    with journey.working(model=NullModel()):
        eventually(journey.is_idle, 20)
    assert len(journey.contents()) == 290


# 5. An outage is not poison


@pytest.fixture
def own_journey(redis_url: str) -> Iterator[tuple[Journey, Path]]:
    """A journey to a PostgreSQL that may be stopped."""
    with short_folder() as folder:
        stop(start_postgres(folder))
        server = run_postgres(folder)
        address = f"host={folder}&user=groundswell"
        with psycopg.connect(f"postgresql:///postgres?{address}", autocommit=True) as connection:
            connection.execute("CREATE DATABASE own")
        migrate(f"postgresql:///own?{address}")
        stop(server)
        journey = Journey(redis_url, f"postgresql:///own?{address}", max_entries=1_000)
        yield journey, folder
        journey.close()


def filled_from(journey: Journey, accepted: int) -> int:
    """Send posts until the stream is full, and return how many were accepted in all."""
    for _ in range(1_000):
        try:
            accepted += journey.door.admit([raw(accepted + n) for n in range(20)]).count
        except StreamFull:
            return accepted
    raise AssertionError("the stream is never full")


def test_an_outage_parks_nothing_and_drains_afterwards(
    own_journey: tuple[Journey, Path], eventually: Eventually
) -> None:
    journey, folder = own_journey
    server = run_postgres(folder)
    with (
        journey.working("a:0", claim_idle_seconds=0.3),
        journey.working("b:0", claim_idle_seconds=0.3) as second,
    ):
        journey.door.admit([raw(number) for number in range(200)])
        stop(server)
        accepted = filled_from(journey, 200)
        assert accepted > 900, "the stream takes what it has room for"
        eventually(lambda: second.state()["outage"], 10)
        time.sleep(2)  # several times the idle time after which a silent worker's entries are claimed
        server = run_postgres(folder)
        eventually(journey.is_idle, 40)
    assert not journey.parked() and len(journey.contents()) == accepted
    journey.assert_counts_are_true()
    stop(server)


# 6. Overload is refused, not swallowed


def test_overload_is_refused_whole_and_nothing_is_trimmed(
    redis_url: str, database_url: str, eventually: Eventually
) -> None:
    journey = Journey(redis_url, database_url, max_entries=1_000)
    accepted, refusals = 0, list[StreamFull]()
    for number in range(100):  # ten times what it holds
        try:
            accepted += journey.door.admit([raw(f"{number}-{n}") for n in range(97)]).count
        except StreamFull as error:
            refusals.append(error)
        assert journey.ledger().backlog == accepted <= 1_000
    assert accepted == 970 and len(refusals) == 90
    assert all(refusal.retry_after_seconds > 0 for refusal in refusals)
    with journey.working():
        eventually(journey.is_idle, 30)
    assert len(journey.contents()) == accepted
    vanished = journey.metrics.registry.get_sample_value("groundswell_stream_vanished_total")
    assert vanished == 0 and journey.ledger().imbalance == 0
    journey.close()


# 7. Restart without loss


def more_settled(journey: Journey, number: int) -> Callable[[], bool]:
    """A condition: so many more were settled than are now."""
    before = sum(journey.ledger().settled.values())
    return lambda: sum(journey.ledger().settled.values()) >= before + number


def test_rolling_restarts_under_load_lose_and_double_nothing(
    journey: Journey, eventually: Eventually
) -> None:
    """Two workers, each stopped by SIGTERM and started again while posts keep coming.

    Neither takes over from the other, however slow the machine: what a drain left would be seen.
    """
    ends, sent, patient = threading.Event(), [0], {"claim_idle_seconds": 3600}

    def load() -> None:
        while not ends.wait(0.02):
            if journey.ledger().backlog < 300:  # always some, never more than a slow machine works off
                sent[0] += journey.door.admit([raw(sent[0] + n) for n in range(10)]).count

    loader = threading.Thread(target=load)
    loader.start()
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(WorkerProcess(journey, name=name, **patient))
            for name in ("host:1", "host:2")
        }
        for name in ("host:1", "host:2", "host:1"):
            workers[name].await_ready()
            eventually(more_settled(journey, 50), 30)
            assert workers[name].stop() == 0, "it drains and ends in time"
            workers[name] = stack.enter_context(WorkerProcess(journey, name=name, **patient))
        ends.set()
        loader.join(PATIENCE)
        eventually(journey.is_idle, 40)
        for worker in workers.values():
            worker.await_ready()
            assert worker.stop() == 0
    assert len(journey.contents()) == sent[0] and not journey.parked()
    assert journey.ledger().settled == {"stored": sent[0]}, "a drain leaves no work to be done twice"
    journey.assert_counts_are_true()


# 8. Dead workers' work resumes


def test_a_dead_workers_work_resumes_on_a_quiet_stream(journey: Journey, eventually: Eventually) -> None:
    idle = 1.0
    with journey.working("host:2", claim_idle_seconds=idle):
        with WorkerProcess(journey, name="host:1", failpoint="after_read") as dead:
            for number in range(10_000):  # until it gets some
                journey.door.admit([raw(number)])
                if dead.process.poll() is not None:
                    break
                time.sleep(0.01)
            assert dead.process.returncode == 137
        eventually(journey.is_idle, idle + 5)
        assert journey.ledger().pending == 0
    assert len(journey.contents()) == number + 1 and not journey.parked()


def test_a_zombie_that_comes_back_late_adds_nothing(journey: Journey, eventually: Eventually) -> None:
    """SIGSTOP for several times the idle time; another takes over; then the zombie goes on."""
    journey.door.admit([raw(number) for number in range(500)])
    with WorkerProcess(journey, name="host:1", batch=100) as zombie:
        eventually(lambda: sum(journey.ledger().settled.values()) >= 100, 30)
        zombie.signal(signal.SIGSTOP)
        with journey.working("host:2", claim_idle_seconds=0.3):
            eventually(journey.is_idle, 30)
            zombie.signal(signal.SIGCONT)
            journey.door.admit([raw(number) for number in range(500, 520)])
            eventually(journey.is_idle, 30)
            assert zombie.stop() == 0
    assert len(journey.contents()) == 520 and not journey.parked()
    assert sum(journey.ledger().settled.values()) == 520
    journey.assert_counts_are_true()


# 10. Lag tells the truth


def test_the_ledger_equals_an_independent_count_at_random_moments(
    journey: Journey, eventually: Eventually
) -> None:
    chance, accepted = random.Random(7), 0
    with journey.working("host:1", batch=16), journey.working("host:2", batch=16):
        for _ in range(20):
            accepted += journey.door.admit([raw(accepted + n) for n in range(chance.randint(1, 120))]).count
            time.sleep(chance.uniform(0, 0.05))
            books = journey.ledger()
            assert books.added == accepted and books.imbalance == 0
            assert 0 <= books.pending <= books.backlog
            assert sum(books.settled.values()) <= len(journey.contents()), "settled only after the commit"
        eventually(journey.is_idle, 30)
    assert journey.ledger().settled == {"stored": accepted}


def test_the_age_of_the_backlog_is_the_age_of_its_oldest_post(journey: Journey) -> None:
    before = datetime.now(UTC)
    journey.door.admit([raw(1)])
    after = datetime.now(UTC)
    time.sleep(0.05)
    journey.door.admit([raw(2)])
    oldest = journey.ledger().oldest_accepted_at
    assert oldest is not None and before <= oldest <= after
    worker = journey.worker(batch=1)
    worker.consumer.step()
    following = journey.ledger().oldest_accepted_at
    assert following is not None and following > after
    worker.consumer.step()
    assert journey.ledger().oldest_accepted_at is None


def test_a_worker_that_hangs_says_since_when(journey: Journey, eventually: Eventually) -> None:
    hang = threading.Event()

    class Hanging(NullModel):
        def read(self, texts: Sequence[str]) -> list[Reading]:
            hang.wait(PATIENCE)
            return super().read(texts)

    with journey.working(model=Hanging()) as worker:
        assert worker.state()["stalled_seconds"] < 5  # type: ignore[operator]
        journey.door.admit([raw(1)])
        eventually(lambda: worker.state()["stalled_seconds"] > 1.5, 10)  # type: ignore[operator]
        assert journey.ledger().oldest_seconds(datetime.now(UTC)) > 1
        hang.set()
        eventually(journey.is_idle, 10)


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short path for sockets, gone at the end."""
    folder = Path(f"/tmp/gs-{uuid4().hex[:8]}")  # noqa: S108
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
