"""Reads a part of history with another version: from stored vectors where only heads differ, else from the texts.

A step reads outside any transaction and keeps its readings together with how far it is; killed, it goes on behind the
last step that was kept. Readings are nobody's headline: counts and ledger do not move (DESIGN, decision 4).
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from groundswell.analysis.versions import Versions
from groundswell.core.clock import Clock
from groundswell.core.errors import GroundswellError, InvalidInput, Unavailable
from groundswell.core.mood import Reading, Vector
from groundswell.jobs import Work, task
from groundswell.models.heads import Heads, from_vectors
from groundswell.models.load import heads_of
from groundswell.models.port import Model
from groundswell.observe import logger
from groundswell.store import reanalyses
from groundswell.store.database import Database
from groundswell.store.readings import Readings, as_columns, in_units
from groundswell.store.reanalyses import Ending, Place, Reanalysis, Step
from groundswell.views.feed_query import FeedQuery
from groundswell.views.reanalysis import Waiting, behind, count, unpacked

VECTORS, TEXTS = 5_000, 250
"""Posts of one step, by what is read: a fraction of a second, or a few."""
NICENESS = 10

log = logger("analysis")


class Reader:
    """Reads with one version; its encoder is loaded when the first post without a vector comes."""

    def __init__(self, load: Callable[[], Model], heads: Heads | None = None, encoder: str = "") -> None:
        self._load, self._model = load, None  # type: Callable[[], Model], Model | None
        self.heads, self.encoder = heads, encoder

    def step(self, posts: Sequence[Waiting]) -> Step:
        """Read the first of `posts`: as many as have a vector, or else a few texts."""
        leading = next((at for at, post in enumerate(posts) if post.values is None), len(posts))
        if leading and self.heads is not None:
            return _step(posts[:leading], self._vectors(self.heads, posts[:leading]))
        texts = next((at for at, post in enumerate(posts) if post.values is not None), len(posts))
        return self._texts(posts[: min(TEXTS, texts)])

    def _vectors(self, heads: Heads, posts: Sequence[Waiting]) -> Readings:
        stored = from_vectors(
            [Vector(encoder=self.encoder, values=p.values or b"", scale=p.scale or 0.0) for p in posts]
        )
        return in_units(heads.sentiment_scores(stored), heads.emotion_scores(stored))

    def _texts(self, posts: Sequence[Waiting]) -> Step:
        self._model = self._model or self._load()
        pairs = _read(self._model, posts)
        read = [reading for _, reading in pairs]
        vectors = [reading.vector for reading in read if reading.vector]
        return Step(
            keys=[post.id for post, _ in pairs],
            revisions=[post.revision for post, _ in pairs],
            readings=as_columns(read) if read else None,
            vectors=vectors if len(vectors) == len(read) else [],
            done=len(posts),
            from_vectors=0,
            place=(posts[-1].moment, posts[-1].id),
        )


def _read(model: Model, posts: Sequence[Waiting]) -> list[tuple[Waiting, Reading]]:
    """Read all at once; when one cannot be read, each alone: that one is passed over."""
    try:
        return list(zip(posts, model.read([post.content or "" for post in posts]), strict=True))
    except InvalidInput:
        return [pair for post in posts for pair in _read(model, [post])] if len(posts) > 1 else []


def _step(posts: Sequence[Waiting], readings: Readings) -> Step:
    return Step(
        keys=[post.id for post in posts],
        revisions=[post.revision for post in posts],
        readings=readings,
        vectors=[],
        done=len(posts),
        from_vectors=len(posts),
        place=(posts[-1].moment, posts[-1].id),
    )


class Reanalyser:
    """Runs re-analyses."""

    def __init__(
        self, database: Database, versions: Versions, clock: Clock, *, at_once: int = VECTORS
    ) -> None:
        self._database, self._versions, self._clock, self._at_once = database, versions, clock, at_once

    def run(self, number: int, go_on: Callable[[], None] = lambda: None) -> None:
        """Run one to its end, or until `go_on`, called between steps, raises.

        An outage is raised, for the job to be tried again; any other trouble ends it as failed.
        """
        found = self._begin(number)
        if found is None:
            return
        try:
            self._steps(found, self._reader(found.model), go_on)
        except Unavailable:
            raise
        except GroundswellError as error:
            log.warning("a re-analysis failed", number=number, says=error.message)
            self._end(number, "failed", error.message)

    def _reader(self, name: str) -> Reader:
        heads, encoder = heads_of(self._versions.files(name)) or (None, "")
        return Reader(lambda: self._versions.load(name), heads, encoder)

    def _begin(self, number: int) -> Reanalysis | None:
        with self._database.transaction() as connection:
            found = reanalyses.get(connection, number)
            if found.has_ended:
                return None
            total = found.total if found.total is not None else count(connection, unpacked(found.asked))
            reanalyses.begin(connection, number, total=total, at=self._clock.now())
            return reanalyses.get(connection, number)

    def _steps(self, found: Reanalysis, reader: Reader, go_on: Callable[[], None]) -> None:
        """Go from slice to slice; while one is read and kept, the store looks up the next."""
        query = unpacked(found.asked)
        with ThreadPoolExecutor(1, "re-analysis ahead") as ahead:
            posts = self._slice(query, found.place, reader.encoder)
            while posts:
                place = (posts[-1].moment, posts[-1].id)
                following = ahead.submit(self._slice, query, place, reader.encoder)
                kept = self._keep(found, reader, posts, go_on)
                if kept is None:
                    return
                found, posts = kept, following.result()
        self._end(found.id, "completed")

    def _slice(self, query: FeedQuery, place: Place | None, encoder: str) -> list[Waiting]:
        with self._database.reading() as connection:
            return behind(connection, query, place, encoder=encoder, limit=self._at_once)

    def _keep(
        self, found: Reanalysis, reader: Reader, posts: Sequence[Waiting], go_on: Callable[[], None]
    ) -> Reanalysis | None:
        """Read a slice and keep it, step by step; None where somebody else has it, or has cancelled it."""
        while posts:
            go_on()
            step = reader.step(posts)
            with self._database.transaction() as connection:
                if not reanalyses.keep(connection, found, step, self._clock.now()):
                    return None
                found = reanalyses.get(connection, found.id)
            posts = posts[step.done :]
        return found

    def _end(self, number: int, status: Ending, error: str = "") -> None:
        with self._database.transaction() as connection:
            reanalyses.end(connection, number, status, self._clock.now(), error)


def declare(reanalyser: Reanalyser) -> None:
    """Declare the job, run by `reanalyser` in a thread that gives way to everything else."""

    @task(reanalyses.TASK)
    def run(work: Work, number: int) -> None:
        politely(lambda: reanalyser.run(number, work.go_on))


def politely(run: Callable[[], object]) -> None:
    """Run at low priority, which on Linux is a thread's own; what is raised there is raised here."""
    raised: list[BaseException] = []

    def nicely() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        try:
            run()
        except BaseException as error:  # noqa: BLE001 - raised again, where somebody waits for it
            raised.append(error)

    thread = threading.Thread(target=nicely, name="re-analysis", daemon=True)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
