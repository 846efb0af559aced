"""Two models side by side: what is counted is what they answered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from groundswell.core.errors import BadData
from groundswell.core.mood import SENTIMENTS, Attribution, Reading, Sentiment
from groundswell.learning.sidebyside import labelled, side_by_side, unlabelled
from groundswell.models.port import ModelInfo


class Word:
    """Reads the first word of a text that is one of its labels."""

    def __init__(self, key: str, answers: dict[str, Sentiment]) -> None:
        self.info = ModelInfo(key=key, version="1", description="", labels=SENTIMENTS, has_emotions=False)
        self._answers = answers

    def read(self, texts: Sequence[str]) -> list[Reading]:
        return [self._one(self._answers[text.split()[0]], float(text.split()[1])) for text in texts]

    def _one(self, label: Sentiment, sure: float) -> Reading:
        rest = (1 - sure) / 2
        a, b, c = (sure if label == one else rest for one in SENTIMENTS)
        return Reading(scores=(a, b, c), model_used=self.info.name)

    def explain(self, text: str) -> list[Attribution]:
        del text
        return []


FIRST = Word("first", {"good": "positive", "bad": "negative", "so": "neutral"})
SECOND = Word("second", {"good": "positive", "bad": "negative", "so": "positive"})
MODELS = {"first": FIRST, "second": SECOND}
TEXTS = ["good 0.9", "bad 0.9", "so 0.6", "so 0.8", "good 0.7"]


def test_every_figure_of_a_small_case() -> None:
    found = side_by_side(("first", "second"), unlabelled(TEXTS), data="five", load=MODELS.__getitem__)
    assert (found.texts, found.flips, found.agreement.value) == (5, 2, 0.6)
    assert found.agreement.low < 0.6 < found.agreement.high
    assert found.table == [[1, 0, 0], [0, 0, 2], [0, 0, 2]]
    row = found.classes["positive"]
    assert (row.first, row.second, row.both) == (2, 4, 2)
    assert found.kappa and found.kappa.value == pytest.approx((0.6 - 9 / 25) / (1 - 9 / 25))
    assert [flip.text for flip in found.examples] == ["so 0.8", "so 0.6"]  # the surest first
    assert (found.examples[0].first, found.examples[0].second) == ("neutral", "positive")
    assert found.first.model == "first@1" and found.first.texts_per_second > 0 and found.duel is None


class Heavy(Word):
    """Holds some ninety megabytes in small pieces: what the process has free already hides a part of them."""

    def __init__(self, key: str) -> None:
        super().__init__(key, FIRST._answers)
        self.ballast = [bytes(100 + number % 7) for number in range(600_000)]


def test_the_second_does_not_hide_in_the_memory_of_the_first() -> None:
    found = side_by_side(("first", "second"), unlabelled(TEXTS), data="five", load=Heavy)
    assert found.first.memory_bytes > 15e6 and found.second.memory_bytes > 15e6


def test_with_labels_it_says_who_is_right(tmp_path: Path) -> None:
    data = tmp_path / "labels.tsv"
    data.write_text("text\tlabel\ngood 0.9\tpositive\nso 0.6\tneutral\nso 0.7\tneutral\nbad 0.8\tnegative\n")
    found = side_by_side(
        ("first", "second"), labelled(data), data=data.name, load=MODELS.__getitem__, flips=1
    )
    assert found.duel and found.duel.comparison.difference.value > 0
    assert len(found.examples) == 1 and found.flips == 2


def test_without_a_text_there_is_nothing_to_compare(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    with pytest.raises(BadData):
        labelled(empty)
    with pytest.raises(BadData):
        side_by_side(("first", "second"), [], data="nothing", load=MODELS.__getitem__)
