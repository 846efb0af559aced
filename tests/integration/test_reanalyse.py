"""History is read again with another version: every post once, whoever dies on the way, and nothing else moves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.jobs_process import QUICK
from tests.integration.store.samples import NOON, count, differences, key, post, reading, rows, write
from tests.siblings import registered, tiny_versions

from groundswell import jobs
from groundswell.analysis.reanalyse import Reanalyser, declare
from groundswell.analysis.versions import Versions
from groundswell.core.clock import SystemClock
from groundswell.core.errors import Conflict
from groundswell.core.mood import SENTIMENTS, score_units
from groundswell.models.load import load_folder
from groundswell.models.port import Model
from groundswell.store import erase, reanalyses
from groundswell.store.database import Database
from groundswell.views.feed_query import FeedQuery
from groundswell.views.filters import Filters, Window
from groundswell.views.reanalysis import flips, packed, side_by_side
from groundswell.views.sums import window_sums

TEXTS = [f"{word} what a {word}ly day {n}" for n in range(8) for word in ("good", "bad", "love", "so not")]
Eventually = Callable[[Callable[[], object], float], None]


@dataclass
class History:
    """Posts that tiny@1 has read, and tiny@2, which has other heads on the same encoder."""

    database: Database
    url: str
    versions: Versions
    first: Model
    second: Model

    def ask(self, query: FeedQuery | None = None, model: str = "tiny@2") -> int:
        with self.database.transaction() as connection:
            asked = packed(query or FeedQuery())
            return reanalyses.create(connection, model=model, asked=asked, by="a test", at=NOON).id

    def get(self, number: int) -> reanalyses.Reanalysis:
        with self.database.reading() as connection:
            return reanalyses.get(connection, number)

    def run(self, number: int, go_on: Callable[[], None] = lambda: None, at_once: int = 10) -> None:
        Reanalyser(self.database, self.versions, SystemClock(), at_once=at_once).run(number, go_on)

    def read_again(self) -> dict[Any, Any]:
        query = "SELECT post, sentiment, scores, emotion, emotions FROM analyses WHERE model = 'tiny@2'"
        return {row[0]: row[1:] for row in rows(self.database, query)}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return tiny_versions(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def history(database_url: str, folders: list[Path], tmp_path: Path) -> Iterator[History]:
    database = Database(database_url)
    versions = registered(database, SystemClock(), tmp_path, *folders)
    first, second = (load_folder(folder) for folder in folders)
    given = zip(range(len(TEXTS)), TEXTS, first.read(TEXTS), strict=True)
    write(database, *[(post(n, text, ingested=60 * n), reading) for n, text, reading in given])
    yield History(database, database_url, versions, first, second)
    database.close()


def stop_after(steps: int) -> Callable[[], None]:
    left = iter(range(steps))

    def go_on() -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    return go_on


def test_stored_vectors_are_read_as_their_texts_would_be_and_nothing_else_moves(history: History) -> None:
    before = rows(history.database, "SELECT * FROM posts ORDER BY id")
    number = history.ask()
    history.run(number)
    found = history.get(number)
    assert (found.status, found.done, found.from_vectors, found.skipped) == ("completed", 32, 32, 0)
    assert found.total == 32 and found.progress == 1
    expected = history.second.read(TEXTS)
    stored = history.read_again()
    for n, one in enumerate(expected):
        sentiment, scores, emotion, emotions = stored[key(n)]
        assert sentiment == SENTIMENTS.index(one.sentiment) and tuple(scores) == score_units(one.scores)
        assert one.emotions and emotions == [round(10_000 * value) for value in one.emotions]
        assert emotion == one.emotions.index(max(one.emotions))
    assert rows(history.database, "SELECT * FROM posts ORDER BY id") == before
    assert differences(history.database) == []


def test_only_the_part_that_was_asked_for_is_read(history: History) -> None:
    write(
        history.database, (post(100, "good", source="elsewhere", ingested=1), history.first.read(["good"])[0])
    )
    number = history.ask(FeedQuery(filters=Filters(source="elsewhere")))
    history.run(number)
    assert set(history.read_again()) == {key(100)} and history.get(number).total == 1


def test_killed_between_steps_it_goes_on_where_it_was(history: History) -> None:
    number = history.ask()
    for _ in range(10):
        try:
            history.run(number, stop_after(1), at_once=7)
        except KeyboardInterrupt:
            continue
        break
    found = history.get(number)
    assert (found.status, found.done, found.skipped) == ("completed", 32, 0)
    assert len(history.read_again()) == 32


def test_posts_without_a_vector_are_read_through_the_encoder_which_is_kept(history: History) -> None:
    bare = reading(model="vader@1", emotions=None)
    for n in (200, 201):
        write(history.database, (post(n, "a bad day", ingested=2 * n), bare))
    number = history.ask()
    history.run(number)
    found = history.get(number)
    assert (found.done, found.from_vectors, found.skipped) == (34, 32, 0)
    (expected,) = history.second.read(["a bad day"])
    assert history.read_again()[key(200)][1] == list(score_units(expected.scores))
    encoder = history.second.encoder  # type: ignore[attr-defined]
    assert count(history.database, f"vectors WHERE encoder = '{encoder}'") == 34


def test_a_post_that_is_edited_or_erased_between_reading_and_keeping_is_left_out(history: History) -> None:
    number = history.ask()
    seen = iter(range(100))

    def meddle() -> None:
        if next(seen) == 0:
            write(history.database, (post(0, "bad bad", revision=1), history.first.read(["bad bad"])[0]))
            with history.database.transaction() as connection:
                erase.erase_posts(connection, [key(1)], NOON)

    history.run(number, meddle, at_once=100)
    assert history.get(number).skipped == 2
    assert not {key(0), key(1)} & set(history.read_again())
    assert differences(history.database) == []


def test_cancelled_it_stops_at_the_next_step_and_keeps_what_it_read(history: History) -> None:
    number = history.ask()
    looks = iter(range(100))

    def cancel() -> None:
        if next(looks) == 1:
            with history.database.transaction() as connection:
                reanalyses.cancel(connection, number, NOON)

    history.run(number, cancel)
    assert history.get(number).status == "cancelled" and len(history.read_again()) == 10
    history.run(number)  # the job comes again
    assert len(history.read_again()) == 10


def test_what_has_ended_cannot_be_cancelled(history: History) -> None:
    number = history.ask()
    history.run(number)
    with history.database.transaction() as connection, pytest.raises(Conflict, match="completed"):
        reanalyses.cancel(connection, number, NOON)


def test_a_version_whose_files_are_gone_fails_in_one_sentence(history: History, tmp_path: Path) -> None:
    number = history.ask()
    for place in (tmp_path / "vault").iterdir():
        place.rename(tmp_path / place.name)
    history.run(number)
    found = history.get(number)
    assert found.status == "failed" and "not in" in found.error


def test_the_result_shows_the_same_posts_as_both_versions_read_them(history: History) -> None:
    query = FeedQuery(end=NOON.replace(hour=13))
    history.run(history.ask(query))
    old, new = history.first.read(TEXTS), history.second.read(TEXTS)
    with history.database.reading() as connection:
        found = side_by_side(connection, query, "tiny@2", "hour")
        turned = flips(connection, query, "tiny@2", limit=100, offset=0)
    (bucket,) = found.buckets
    labels = ("negative", "neutral", "positive")
    assert bucket.headlines == tuple(sum(r.sentiment == label for r in old) for label in labels)
    assert bucket.readings == tuple(sum(r.sentiment == label for r in new) for label in labels)
    agreeing = sum(a.sentiment == b.sentiment for a, b in zip(old, new, strict=True))
    assert (found.compared.posts, found.compared.agreeing) == (32, agreeing)
    different = [n for n, (a, b) in enumerate(zip(old, new, strict=True)) if a.sentiment != b.sentiment]
    assert different and {flip.id for flip in turned} == {key(n) for n in different}
    assert {flip.content for flip in turned} == {TEXTS[n] for n in different}
    rises = [f.reading_scores[f.reading] - f.headline_scores[f.reading] for f in turned]
    assert rises == sorted(rises, reverse=True)


def test_as_a_job_it_runs_to_its_end(history: History, eventually: Eventually) -> None:
    declare(Reanalyser(history.database, history.versions, SystemClock(), at_once=5))
    number, stop = history.ask(), threading.Event()
    worker = threading.Thread(target=lambda: asyncio.run(jobs.run_worker(history.url, stop, QUICK)))
    worker.start()
    try:
        eventually(lambda: history.get(number).status == "completed", 20)
    finally:
        stop.set()
        worker.join(20)
    assert len(history.read_again()) == 32


def test_its_readings_show_under_their_version_and_nowhere_else(history: History) -> None:
    window = Window(start=NOON, end=NOON + timedelta(hours=1))
    with history.database.transaction() as connection:
        before = window_sums(connection, window, Filters(), "minute")
        assert window_sums(connection, window, Filters(model="tiny@2"), "whole") == {}
    history.run(history.ask(FeedQuery(end=NOON + timedelta(minutes=20))))
    expected = history.second.read(TEXTS[:20])
    with history.database.transaction() as connection:
        assert window_sums(connection, window, Filters(), "minute") == before
        assert window_sums(connection, window, Filters(model="tiny@1"), "whole")[None].total == 32
        whole = window_sums(connection, window, Filters(model="tiny@2"), "whole")[None]
        minutes = window_sums(connection, window, Filters(model="tiny@2"), "minute")
        elsewhere = Filters(model="tiny@2", source="elsewhere")
        assert window_sums(connection, window, elsewhere, "whole") == {}
    for sentiment in SENTIMENTS:
        assert whole.count(sentiment) == sum(one.sentiment == sentiment for one in expected)
    assert sum(sums.total for sums in minutes.values()) == whole.total == 20 and len(minutes) == 20
    assert whole.model_versions == ["tiny@2"] and sum(whole.emotions) == 20
    assert sum(whole.score_units) == 20 * 10_000
