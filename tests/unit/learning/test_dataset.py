"""Labelled texts on their way to a model: what is left out, what is refused, and vectors of the right texts."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from groundswell.core.errors import BadData
from groundswell.learning import dataset
from groundswell.learning.dataset import Labelled
from groundswell.learning.holdout import held_out
from groundswell.models.heads import Stored
from groundswell.roles.dataset import labelled_texts
from groundswell.sources.synthetic_script import labelled


def made_up(rows: int, seed: int = 1) -> list[Labelled]:
    return list(islice(labelled(seed), rows))


def apart(wanted: bool, *, words: int = 12) -> str:
    """Return a text that is held out, or one that is not."""
    texts = (" ".join(f"word{number}x{place}" for place in range(words)) for number in range(1_000))
    return next(text for text in texts if held_out(text) is wanted)


def test_made_up_texts_are_the_same_for_a_seed_and_show_every_mood() -> None:
    assert made_up(50) == made_up(50) != made_up(50, seed=2)
    assert {label for _, label in made_up(50)} == {"negative", "neutral", "positive"}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("  ", "neutral")], "empty"),
        ([("x" * 10_001, "neutral")], "too_long"),
        ([("so be it", "angry")], "unknown_label"),
        ([("so be it", "neutral"), ("so  be it", "neutral")], "repeated"),
    ],
)
def test_what_nobody_can_learn_from_is_left_out_and_counted(rows: list[Labelled], reason: str) -> None:
    kept, found = dataset.clean([*rows, ("a fine day", "positive")])
    assert found[reason] == 1 and found["rows"] == len(rows) + 1 and found["kept"] == len(kept)
    assert ("a fine day", "positive") in kept


def test_a_text_that_is_labelled_in_two_ways_teaches_nothing() -> None:
    kept, found = dataset.clean([("so be it", "neutral"), ("So be it", "neutral"), ("so be it", "negative")])
    assert ("so be it", "neutral") not in kept and found["contradicting"] == 1


def test_what_is_nearly_the_same_as_a_held_out_text_is_not_learned_from() -> None:
    text = apart(True)
    copies = [f"{text} {end}" for end in range(100)]
    copy = next(one for one in copies if not held_out(one))
    kept, found = dataset.clean([(copy, "neutral"), (text, "neutral")])
    assert kept == [(text, "neutral")] and found["leaking"] == 1


def test_a_cleaned_set_is_valid_and_one_that_is_not_says_all_that_is_wrong() -> None:
    kept, _ = dataset.clean(made_up(800))
    found = dataset.checked(kept)
    assert found["rows"] == len(kept) == sum(found["labels"].values())
    assert found["held_out"] == sum(held_out(text) for text, _ in kept) > 0
    with pytest.raises(BadData, match=r"2 rows are unknown label; 1 rows repeat another; .*of positive 0"):
        dataset.checked(
            [(text, label) for text, label in kept if label != "positive"] + 2 * [("hm", "angry")]
        )


def test_rows_come_back_as_they_were_written_on_one_line(tmp_path: Path) -> None:
    number = dataset.save_rows(
        [("two\nlines\tand a tab", "Positive"), ('a "quote"', "neutral")], tmp_path / "a.tsv"
    )
    assert number == 2
    assert dataset.rows_of(tmp_path / "a.tsv") == [
        ("two lines and a tab", "positive"),
        ('a "quote"', "neutral"),
    ]


def test_a_table_is_loaded_by_any_known_column_and_a_missing_one_is_named(tmp_path: Path) -> None:
    told: list[str] = []
    good, bad = tmp_path / "export.csv", tmp_path / "bad.csv"
    good.write_text("id,text,user_label\n1,'=so be it,neutral\n2,fine,positive\n", encoding="utf-8")
    bad.write_text("text,stars\nfine,5\n", encoding="utf-8")
    assert list(labelled_texts(str(good), rows=1, seed=1, tell=told.append)) == [
        ("=so be it", "neutral"),
        ("fine", "positive"),
    ]
    with pytest.raises(BadData, match="no column label or user_label or sentiment"):
        list(labelled_texts(str(bad), rows=1, seed=1, tell=told.append))
    assert told == []


class _Model:
    """Encodes a text as its length: enough to see whose vectors they are."""

    def __init__(self, encoder: str = "e1") -> None:
        self.encoder = encoder

    def embed(self, texts: list[str]) -> Stored:
        lengths = np.array([len(text) for text in texts])
        values = np.tile((lengths % 100)[:, None], (1, 4)).astype(np.int8)
        return Stored(values=values, scales=np.ones(len(texts), dtype=np.float32))


def test_features_are_read_back_only_for_their_own_texts_and_encoder(tmp_path: Path) -> None:
    path, model, told = tmp_path / "features.safetensors", _Model(), list[str]()
    texts = ["a", "be", "sea"] * 400
    dataset.save_features(path, model, texts, told.append)  # type: ignore[arg-type]
    assert told == ["1,024 of 1,200 texts are encoded", "1,200 of 1,200 texts are encoded"]
    stored = dataset.load_features(path, model, texts)  # type: ignore[arg-type]
    assert stored.values[:, 0].tolist() == [1, 2, 3] * 400
    for other, others in ((model, texts[1:]), (model, [*texts[1:], texts[0]]), (_Model("e2"), texts)):
        with pytest.raises(BadData, match="other texts or by another encoder"):
            dataset.load_features(path, other, others)  # type: ignore[arg-type]
