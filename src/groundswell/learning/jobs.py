"""Training jobs as the watcher runs them: each in a child process of low priority that can be killed at any moment.

What the child makes appears in one transaction at its end (`learning.trainer`), so a child that is killed, cancelled or
out of time leaves nothing behind, and the job is begun again or says why it failed.
"""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundswell import jobs
from groundswell.core.clock import Clock
from groundswell.core.errors import Conflict, Unavailable
from groundswell.observe import logger
from groundswell.store import feedback, registry, training
from groundswell.store.database import Database
from groundswell.store.training import Request, TrainingJob
from groundswell.supervise.child import tied

SCHEDULE = "training.schedule"
BY_SCHEDULE = "schedule"
MAKES = {"tfidf": "tfidf", "finetune": "transformer"}
"""Kind of the version that a retraining makes anew."""
MOST_ATTEMPTS = 3
"""A job whose process died so often is given up."""
NICENESS = 5
ONE_THREAD = ("OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")
"""What keeps the numeric libraries of a child from taking every core."""
_LOOK_SECONDS = 0.2

log = logger("learning")


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """How training jobs are run."""

    #: runs the job of the name that is appended to it
    command: Sequence[str]
    #: key of the model that feedback trains
    model: str
    #: what a job may take
    seconds: float = 3600
    #: new items of feedback below which nothing is trained
    min_feedback: int = 10
    #: when to look whether there is enough new feedback, as cron writes it; empty: never
    cron: str = ""


def declare(terms: Terms, clock: Clock) -> None:
    """Declare the jobs for the process that runs them."""

    @jobs.task(training.RUN)
    def run_job(work: jobs.Work, name: str) -> None:
        _Run(work, terms, clock, name).run()

    if terms.cron:

        @jobs.task(SCHEDULE, cron=terms.cron)
        def schedule(work: jobs.Work, timestamp: int) -> None:
            del timestamp
            scheduled(work.database, terms, clock)


def ask_for_training(database: Database, request: Request, *, min_feedback: int, clock: Clock) -> TrainingJob:
    """Queue a retraining; raises `Conflict`, saying how many are missing, when there is too little new feedback.

    New is what the version in production has not learned from.
    """
    with database.transaction() as connection:
        training.lock(connection)
        there = registry.production(connection, request.model)
        if there is None:
            raise Conflict(f"No version of {request.model} is in production, so there is nothing to retrain.")
        _check_kind(request, str(there.manifest["kind"]))
        new = feedback.count_new(connection, after_id=_learned_until(there.manifest))
        missing = min_feedback - new
        if missing > 0:
            raise Conflict(
                f"{missing} more items of feedback are needed: there are {new} new ones, of {min_feedback}.",
                details={"new": new, "needed": min_feedback, "missing": missing},
            )
        return training.ask(connection, request, clock.now())


def scheduled(database: Database, terms: Terms, clock: Clock) -> TrainingJob | None:
    """Queue a retraining if enough feedback came since the last one; return its job."""
    with database.reading() as connection:
        after = training.last_feedback(connection, terms.model)
        new = feedback.count_new(connection, after_id=after)
    if new < terms.min_feedback:
        log.info("no retraining", new_feedback=new, needed=terms.min_feedback)
        return None
    request = Request(kind="head", model=terms.model, by=BY_SCHEDULE)
    try:
        return ask_for_training(database, request, min_feedback=terms.min_feedback, clock=clock)
    except Conflict as error:
        log.info("no retraining", says=error.message)
        return None


def _check_kind(request: Request, found: str) -> None:
    """Raise `Conflict` where a whole version of the kind would replace one of another."""
    wanted = MAKES.get(request.kind, found)
    if found != wanted:
        raise Conflict(
            f"What answers as {request.model} is of the kind {found}; a retraining of the kind {request.kind} makes "
            f"a {wanted}.",
            details={"model": request.model, "kind": found},
        )


def _learned_until(manifest: Mapping[str, Any]) -> int:
    """Return the highest id of feedback that a version knows."""
    return int(manifest.get("options", {}).get("last_feedback", 0))


class _Run:
    """One job, from the watcher's side."""

    def __init__(self, work: jobs.Work, terms: Terms, clock: Clock, name: str) -> None:
        self._work, self._terms, self._clock, self._name = work, terms, clock, name

    def run(self) -> None:
        """Run the child to its end; raises to be called again when it died."""
        job = self._job()
        if job.has_ended:
            return
        if job.cancel_requested:
            self._cancelled()
        elif job.attempt >= MOST_ATTEMPTS:
            self._fail(f"Its process died {job.attempt} times; the last lines of its log say more.")
        else:
            self._watch_over(self._start())

    def _job(self) -> TrainingJob:
        with self._work.database.reading() as connection:
            return training.get(connection, self._name)

    def _start(self) -> subprocess.Popen[bytes]:
        child = tied(("env", *ONE_THREAD, *self._terms.command, self._name), signal.SIGKILL)
        command = ("nice", "-n", str(NICENESS), *child)
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - our own

    def _watch_over(self, child: subprocess.Popen[bytes]) -> None:
        until = self._clock.monotonic() + self._terms.seconds
        try:
            while child.poll() is None:
                self._work.go_on()
                if self._job().cancel_requested:
                    break
                if self._clock.monotonic() > until:
                    self._fail(f"It took longer than {self._terms.seconds:.0f} s and was ended.")
                    break
                _wait(child)
        finally:
            _end(child)
        self._settle(child.returncode)

    def _settle(self, code: int) -> None:
        """Make of the child's end the job's, or have it begun again."""
        job = self._job()
        if job.has_ended:
            return
        if job.cancel_requested:
            self._cancelled()
            return
        with self._work.database.transaction() as connection:
            training.note(connection, self._name, f"its process ended with {code}; it is begun again")
        raise Unavailable(f"The process of training job {self._name} ended with {code}.")

    def _cancelled(self) -> None:
        with self._work.database.transaction() as connection:
            training.cancelled(connection, self._name, self._clock.now())

    def _fail(self, why: str) -> None:
        with self._work.database.transaction() as connection:
            training.fail(connection, self._name, self._clock.now(), why)


def _wait(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(_LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child at once: it keeps nothing that is worth a farewell."""
    if child.poll() is None:
        child.kill()
        child.wait(10)
