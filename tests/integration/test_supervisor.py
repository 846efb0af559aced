"""Real child processes under the supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tests.integration.journey import NOON
from tests.patience import PATIENCE

from groundswell.core.clock import Clock, ManualClock, SystemClock
from groundswell.core.errors import CannotStart, StopRequested
from groundswell.roles import stop_in_order
from groundswell.supervise.child import Child, Program
from groundswell.supervise.parts import Part, every, run_parts
from groundswell.supervise.pulse import Pulse, pulse, touch
from groundswell.supervise.restarts import RestartRule
from groundswell.supervise.signals import Signals
from groundswell.supervise.supervisor import Supervisor

Eventually = Callable[..., None]
QUICK = RestartRule(first_seconds=0.01, longest_seconds=0.01, give_up_after=3)


def shell(name: str, script: str, **how: object) -> Program:
    return Program(name=name, command=("sh", "-c", script), **how)  # type: ignore[arg-type]


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def supervisor(clock: SystemClock) -> Iterator[Supervisor]:
    supervisor = Supervisor(clock)
    yield supervisor
    supervisor.stop(supervisor.names(), deadline=0, wait=lambda _: True)


def waiter(clock: Clock) -> Callable[[float], bool]:
    def wait(seconds: float) -> bool:
        clock.sleep(seconds)
        return False

    return wait


def test_what_dies_is_started_again(supervisor: Supervisor, eventually: Eventually) -> None:
    supervisor.start(shell("worker-1", "exec sleep 60", restart=QUICK))
    first = supervisor.pid("worker-1")
    assert first
    os.kill(first, signal.SIGKILL)

    def came_back() -> bool:
        supervisor.tend()
        return supervisor.pid("worker-1") not in {None, first}

    eventually(came_back)


def test_what_hangs_is_ended_and_started_again(
    supervisor: Supervisor, eventually: Eventually, tmp_path: Path
) -> None:
    """It beats for a while, then hangs as a process does that is stopped: alive, and deaf to SIGTERM."""
    beats, starts = tmp_path / "beats", tmp_path / "starts"
    script = f"echo s >> {starts}; for i in 1 2 3 4 5; do touch {beats}; sleep 0.1; done; kill -STOP $$"
    felt = Pulse(beats, hung_after_seconds=0.6)
    supervisor.start(shell("worker-1", script, restart=QUICK, pulse=felt))
    first = supervisor.pid("worker-1")

    def came_back() -> bool:
        supervisor.tend()
        return supervisor.pid("worker-1") not in {None, first} and starts.read_text().count("s") >= 2

    eventually(came_back)
    assert first is not None and not psutil.pid_exists(first)


def test_a_pulse_is_that_the_file_changes_whatever_its_age(tmp_path: Path) -> None:
    file = tmp_path / "pulses" / "worker-1"
    felt = Pulse(file, hung_after_seconds=120, first_beat_seconds=300)
    felt.begin(1_000)
    assert not felt.is_gone(1_300) and felt.is_gone(1_301), "one that never beats hangs as well"
    touch(file)
    os.utime(file, (1, 1))  # the machine's clock may say anything
    assert not felt.is_gone(1_301) and not felt.is_gone(1_421) and felt.is_gone(1_422)
    felt.begin(1_422)  # what the one before left is no sign of the new one
    assert not felt.is_gone(1_722) and felt.is_gone(1_723)


def test_only_work_that_goes_on_beats(tmp_path: Path, eventually: Eventually) -> None:
    file, turned, looks, stop = tmp_path / "worker-1", [0.0], [0], threading.Event()

    def turned_at() -> float:
        looks[0] += 1
        return turned[0]

    thread = threading.Thread(target=pulse(file, turned_at).run, args=(stop,))
    thread.start()
    eventually(lambda: looks[0] >= 2)  # the beat of the first look is over
    os.utime(file, (1, 1))
    eventually(lambda: looks[0] >= 4)
    assert file.stat().st_mtime == 1
    turned[0] = 1.0
    eventually(lambda: file.stat().st_mtime > 1)
    stop.set()
    thread.join(PATIENCE)


def test_what_has_finished_stays_so(supervisor: Supervisor, eventually: Eventually) -> None:
    supervisor.start(shell("ingest", "exit 0", may_finish=True))
    eventually(lambda: supervisor.tend() and supervisor.finished("ingest"))


def test_what_never_serves_is_given_up_with_its_last_words(
    supervisor: Supervisor, eventually: Eventually, tmp_path: Path
) -> None:
    supervisor.start(
        shell("api", "echo no port left; exit 1", log=tmp_path / "log", ready=lambda _: False, restart=QUICK)
    )
    with pytest.raises(CannotStart, match="api does not start: no port left"):
        eventually(lambda: supervisor.tend() < 0)
    assert (tmp_path / "log").read_text().count("no port left") == 3


def test_a_start_is_awaited_no_longer_than_it_lives(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(shell("api", "echo broken", log=tmp_path / "log", ready=lambda _: False))
    with pytest.raises(CannotStart, match="broken"):
        supervisor.await_ready("api", seconds=30)


def test_a_start_is_awaited_no_longer_than_allowed(supervisor: Supervisor) -> None:
    supervisor.start(shell("api", "exec sleep 60", ready=lambda _: False))
    with pytest.raises(CannotStart, match="does not answer"):
        supervisor.await_ready("api", seconds=0.1)


def test_everything_is_stopped_in_order(clock: SystemClock, eventually: Eventually, tmp_path: Path) -> None:
    said, still = tmp_path / "said", ManualClock(NOON)  # however slow they are, none is killed
    supervisor = Supervisor(still)
    names = ["postgres", "valkey", "watch", "worker-2", "worker-1", "api", "ingest"]
    for name in names:
        script = (
            f"trap 'echo {name} >> {said}; exit' TERM; touch {tmp_path}/{name}; while :; do sleep 0.01; done"
        )
        supervisor.start(shell(name, script))
    eventually(lambda: all((tmp_path / name).exists() for name in names))
    stop_in_order(supervisor, still, waiter(clock))
    order = said.read_text().split()
    bring, work, keep = order[:2], order[2:5], order[5:]
    assert (set(bring), set(work)) == ({"ingest", "api"}, {"worker-1", "worker-2", "watch"})
    assert keep == ["valkey", "postgres"]


def test_promise_7_a_stop_is_over_in_ten_seconds_however_deaf_they_are(
    eventually: Eventually, tmp_path: Path
) -> None:
    clock = ManualClock(NOON)  # seconds pass here only by waiting, so this does not depend on the machine
    supervisor = Supervisor(clock)
    names = ["postgres", "valkey", "watch", "worker-1", "api", "ingest"]
    for name in names:
        supervisor.start(shell(name, f"trap '' TERM; touch {tmp_path}/{name}; while :; do sleep 0.01; done"))
    eventually(lambda: all((tmp_path / name).exists() for name in names))
    pids = [supervisor.pid(name) for name in names]
    stop_in_order(supervisor, clock, waiter(clock))
    assert 9 < clock.monotonic() < 10
    assert not any(psutil.pid_exists(pid) for pid in pids if pid)


@pytest.mark.parametrize("patient", [True, False])
def test_what_does_not_end_in_time_is_killed(
    supervisor: Supervisor, clock: SystemClock, eventually: Eventually, tmp_path: Path, patient: bool
) -> None:
    supervisor.start(shell("api", f"trap '' TERM; touch {tmp_path}/up; while :; do sleep 0.01; done"))
    pid = supervisor.pid("api")
    assert pid
    eventually((tmp_path / "up").exists)
    deadline = clock.monotonic() + (0.1 if patient else 3600)
    supervisor.stop(["api"], deadline=deadline, wait=waiter(clock) if patient else lambda _: True)
    assert not psutil.pid_exists(pid)


def test_a_child_is_made_by_the_main_thread_only() -> None:
    errors: list[BaseException] = []

    def spawn() -> None:
        try:
            Child(shell("api", "exit 0"))
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=spawn)
    thread.start()
    thread.join(PATIENCE)
    assert len(errors) == 1


OWNER = """
import sys
from groundswell.supervise.child import Child, Program
child = Child(Program(name="worker-1", command=("sleep", "60")))
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_child_dies_with_its_owner(eventually: Eventually) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        child = psutil.Process(int(owner.stdout.readline()))
        owner.kill()
        eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_signals_wake_the_waiting_thread() -> None:
    with Signals() as signals:
        assert signals.wait(0) is False
        signals.wake()
        assert signals.wait(60) is False
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.wait(60) is True
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(StopRequested):
            signals.pause(60)


def test_parts_stop_in_reverse_order(clock: SystemClock) -> None:
    ended: list[str] = []

    def part(name: str) -> Part:
        def run(stop: threading.Event) -> None:
            assert stop.wait(60)
            ended.append(name)

        return Part(name=name, run=run)

    def ask_to_stop(stop: threading.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(60)

    run_parts([part("heartbeat"), part("stream"), Part(name="operator", run=ask_to_stop)], clock)
    assert ended == ["stream", "heartbeat"]


def test_a_part_that_fails_ends_the_process_with_its_error(clock: SystemClock) -> None:
    def fail(stop: threading.Event) -> None:
        del stop
        raise CannotStart("the port is in use")

    stopped = threading.Event()

    def other(stop: threading.Event) -> None:
        stop.wait(60)
        stopped.set()

    with pytest.raises(CannotStart, match="port is in use"):
        run_parts([Part(name="other", run=other), Part(name="http", run=fail)], clock)
    assert stopped.is_set()


def test_a_chore_that_fails_is_tried_again(eventually: Eventually) -> None:
    attempts: list[int] = []

    def chore() -> None:
        attempts.append(len(attempts))
        if len(attempts) < 3:
            raise OSError("away")

    stop = threading.Event()
    thread = threading.Thread(target=every(0.001, chore, name="beat").run, args=(stop,))
    thread.start()
    eventually(lambda: len(attempts) > 3)
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
