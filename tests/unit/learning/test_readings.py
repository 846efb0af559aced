"""A teacher's readings: kept by hash, resumed, and blended with people's labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.tiny import tiny_tokenizer

from groundswell.core.mood import SENTIMENTS, Attribution, Reading
from groundswell.learning import readings as module
from groundswell.learning.agreement import agreement
from groundswell.learning.corpus import Example, some, three_way
from groundswell.learning.material import UNLABELLED, blended, joint_material
from groundswell.learning.readings import load_readings, merge, nothing_read, read_all
from groundswell.models.port import Model, ModelInfo


class Teacher:
    """Finds every text with an even length positive; counts what it reads."""

    info = ModelInfo(key="t", version="1", description="", labels=SENTIMENTS, has_emotions=False)

    def __init__(self) -> None:
        self.texts: list[str] = []

    def read(self, texts: list[str]) -> list[Reading]:
        self.texts += texts
        return [
            Reading(scores=(0.0, 0.25, 0.75) if len(text) % 2 == 0 else (0.75, 0.25, 0.0), model_used="t@1")
            for text in texts
        ]

    def explain(self, text: str) -> list[Attribution]:
        raise NotImplementedError


EXAMPLES = [Example(text=f"text {i}", original=f"text {i}") for i in range(50)]


def _read(teacher: Teacher, examples: list[Example], path: Path) -> module.Readings:
    model: Model = teacher  # type: ignore[assignment]
    return read_all(model, examples, path, lambda _: None)


def test_each_text_is_read_once_even_over_several_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 7)
    teacher, path = Teacher(), tmp_path / "r.safetensors"
    _read(teacher, EXAMPLES[:20] + EXAMPLES[:5], path)
    readings = _read(teacher, EXAMPLES, path)
    assert sorted(teacher.texts) == sorted(example.original for example in EXAMPLES)
    assert len(readings) == 50 and (np.diff(readings.keys.astype(object)) > 0).all()


def test_a_reading_is_found_by_its_text(tmp_path: Path) -> None:
    readings = _read(Teacher(), EXAMPLES, tmp_path / "r.safetensors")
    found = readings.of(
        [Example(text="text 3"), Example(text="text 10"), Example(text="never read")], "sentiment"
    )
    assert found[0].tolist() == [0, 0.25, 0.75] and found[1].tolist() == [0.75, 0.25, 0]
    assert np.isnan(found[2]).all() and np.isnan(readings.of(EXAMPLES[:1], "emotion")).all()


def test_the_file_holds_hashes_and_scores_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.safetensors"
    written = _read(Teacher(), EXAMPLES, path)
    assert b"text 1" not in path.read_bytes()
    again = load_readings(path)
    assert (again.keys == written.keys).all() and (again.sentiment == written.sentiment).all()


def test_no_readings_know_nothing() -> None:
    assert np.isnan(nothing_read().of(EXAMPLES[:2], "sentiment")).all()
    assert len(merge(nothing_read(), nothing_read())) == 0


def test_people_and_teacher_are_blended_and_each_stands_in_for_the_other() -> None:
    nan = np.nan
    people = np.array([[1, 0, 0], [nan] * 3, [0, 1, 0], [nan] * 3], dtype=np.float32)
    teacher = np.array([[0.5, 0.5, 0], [0, 0, 1], [nan] * 3, [nan] * 3], dtype=np.float32)
    found = blended(people, teacher, trust=0.5)
    assert found[:3].tolist() == [[0.75, 0.25, 0], [0, 0, 1], [0, 1, 0]] and np.isnan(found[3]).all()


def test_material_has_a_row_for_each_labelled_text_and_targets_for_each_head(tmp_path: Path) -> None:
    tiny_tokenizer().save(str(tmp_path / "tokenizer.json"))
    parts = {
        "sentiment": [Example(text="good day", labels=("positive",))],
        "emotion": [Example(text="so bad", labels=("anger", "sadness"))],
        UNLABELLED: [Example(text="what a day")],
    }
    material = joint_material(tmp_path, parts, ("sentiment", "emotion"), nothing_read(), trust=0.7)
    assert len(material) == 2 and len(material.ids[1]) == 4
    assert material.targets["sentiment"][0].tolist() == [0, 0, 1]
    assert material.targets["emotion"][1].tolist() == [1, 0, 0, 0, 0, 1, 0]
    assert np.isnan(material.targets["sentiment"][1]).all() and np.isnan(material.targets["emotion"][0]).all()


def test_a_share_of_the_texts_is_read_without_links_always_the_same_ones(tmp_path: Path) -> None:
    tiny_tokenizer().save(str(tmp_path / "tokenizer.json"))
    texts = [f"good day {'so ' * n}http" for n in range(20)] + ["http"]
    parts = {"sentiment": [Example(text=text, labels=("positive",)) for text in texts]}

    def lengths(linkless: float) -> list[int]:
        read = joint_material(tmp_path, parts, ("sentiment",), nothing_read(), trust=0.7, linkless=linkless)
        return [len(ids) for ids in read.ids]

    whole, half, none = lengths(0), lengths(0.5), lengths(1)
    assert half == lengths(0.5)
    shorter = [a - b for a, b in zip(whole, half, strict=True)]
    assert set(shorter) == {0, 1}
    assert [a - b for a, b in zip(whole, none, strict=True)] == [1] * 20 + [0], "a text is never empty"


def test_agreement_is_the_share_of_texts_read_alike(tmp_path: Path) -> None:
    readings = _read(Teacher(), EXAMPLES, tmp_path / "r.safetensors")

    class Contrary(Teacher):
        def read(self, texts: list[str]) -> list[Reading]:
            turned = [text.removesuffix("3") for text in texts]
            return super().read(turned)

    student: Model = Contrary()  # type: ignore[assignment]
    found = agreement(student, [*EXAMPLES, Example(text="unread", original="unread")], readings)
    assert found == {"rows": 50, "identical": 0.9}


def test_three_ways_share_no_text() -> None:
    examples = [Example(text=f"text {i}") for i in range(10_000)]
    train, calibration, gate = three_way(examples)
    assert len(train) + len(calibration) + len(gate) == 10_000
    assert 9_300 < len(train) < 9_500 and 330 < len(calibration) < 470 and 140 < len(gate) < 260
    assert not {e.key for e in gate} & {e.key for e in calibration}


def test_some_are_the_same_in_any_order() -> None:
    assert some(EXAMPLES, 10) == some(EXAMPLES[::-1], 10)
