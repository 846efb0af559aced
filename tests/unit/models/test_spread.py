"""Texts read on several threads come back in their order, and the answers are those of one call."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.tiny import make_tiny

from groundswell.core.errors import UnreadableText
from groundswell.learning.speed import made_up_posts
from groundswell.models.load import load_folder
from groundswell.models.spread import PIECE, cores, spread


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
@pytest.mark.parametrize("count", [0, 1, 2, 5, PIECE, 3 * PIECE + 7])
def test_every_text_has_its_own_answer_in_its_own_place(count: int, threads: int) -> None:
    texts = [f"{'x' * (number % 17)}{number}" for number in range(count)]
    assert spread(lambda piece: [text.upper() for text in piece], texts, threads=threads) == [
        text.upper() for text in texts
    ]


def test_the_threads_read_at_the_same_time() -> None:
    """Each piece waits for the other: one after the other, neither would ever be done."""
    together = threading.Barrier(2, timeout=30)

    def read(piece: list[str]) -> list[str]:
        together.wait()
        return piece

    texts = ["a"] * (2 * PIECE)
    assert spread(read, texts, threads=2) == texts


def test_what_goes_wrong_in_one_piece_is_raised_and_what_waits_is_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, is_over, shutdown = list[int](), threading.Event(), ThreadPoolExecutor.shutdown

    def read(piece: list[str]) -> list[str]:
        begun.append(len(piece))
        if len(begun) > 1:
            is_over.wait(30)
        raise UnreadableText

    def noted(pool: ThreadPoolExecutor, *, cancel_futures: bool) -> None:
        shutdown(pool, wait=False, cancel_futures=cancel_futures)
        is_over.set()
        shutdown(pool)

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", noted)
    with pytest.raises(UnreadableText):
        spread(read, ["a"] * (100 * PIECE), threads=2)
    assert len(begun) <= 3


def test_a_real_model_answers_alike_on_any_number_of_threads(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    model = load_folder(make_tiny(tmp_path_factory.mktemp("models")))
    posts = made_up_posts(400)
    assert spread(model.read, posts, threads=3) == model.read(posts)


def test_there_is_a_core() -> None:
    assert cores() >= 1
