"""What every model promises, whichever adapter it is."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.tiny import make_tiny

from groundswell.core.errors import UnknownModel, UnreadableText
from groundswell.core.mood import EMOTIONS
from groundswell.models.artefact import shipped_versions
from groundswell.models.load import ADAPTERS, load, load_folder, load_named_or_folder
from groundswell.models.port import Model

TEXTS = [
    "What a lovely day!",
    "not good",
    "so bad :( http://t.co/x",
    "@someone I love this \U0001f602\U0001f602",
    "a",
    "so so so " * 40,
    "The bus leaves at nine.",
    "What a lovely day!",
]
STRANGE = [
    "",
    "   ",
    "\x00",
    "\U0001f525\U0001f525",
    "x" * 10_000,
    "é" * 300,
    "これは素晴らしい",
    "\ud83d",
    "\u200b",
    "&amp;&lt;",
]


@pytest.fixture(scope="module", params=["tiny", *shipped_versions(), *ADAPTERS])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    name = str(request.param)
    return load_folder(make_tiny(tmp_path_factory.mktemp("models"))) if name == "tiny" else load(name)


def test_one_reading_a_text_with_scores_that_sum_to_one(model: Model) -> None:
    readings = model.read(TEXTS)
    assert len(readings) == len(TEXTS)
    for reading in readings:
        assert sum(reading.scores) == pytest.approx(1, abs=1e-9) and min(reading.scores) >= 0
        assert reading.model_used == model.info.name and not reading.fallback_used
        assert reading.sentiment in model.info.labels


def test_emotions_are_there_exactly_when_promised(model: Model) -> None:
    emotions = model.read(TEXTS[:1])[0].emotions
    assert (emotions is not None) == model.info.has_emotions
    assert len(model.info.emotion_thresholds) == (len(EMOTIONS) if model.info.has_emotions else 0)
    assert emotions is None or (len(emotions) == len(EMOTIONS) and all(0 <= score <= 1 for score in emotions))


def test_no_texts_no_readings(model: Model) -> None:
    assert model.read([]) == []


def test_a_batch_answers_as_each_text_alone(model: Model) -> None:
    assert model.read(TEXTS) == [model.read([text])[0] for text in TEXTS]


def test_order_does_not_matter(model: Model) -> None:
    shuffled = random.Random(3).sample(range(len(TEXTS)), len(TEXTS))
    readings = model.read([TEXTS[i] for i in shuffled])
    ordered = model.read(TEXTS)
    assert readings == [ordered[i] for i in shuffled]


def test_threads_do_not_disturb_each_other(model: Model) -> None:
    expected = model.read(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        assert all(found == expected for found in pool.map(lambda _: model.read(TEXTS), range(8)))


@pytest.mark.parametrize("text", STRANGE, ids=ascii)
def test_any_text_gets_an_answer_or_a_clear_error(model: Model, text: str) -> None:
    try:
        readings = model.read([text, "good"])
    except UnreadableText:
        return
    assert len(readings) == 2 and readings[1] == model.read(["good"])[0]


@pytest.mark.parametrize("text", [*TEXTS, *STRANGE], ids=ascii)
def test_explanations_point_into_the_original_text(model: Model, text: str) -> None:
    for attribution in model.explain(text):
        assert 0 <= attribution.start < attribution.end <= len(text)
        assert attribution.token == text[attribution.start : attribution.end]


def test_a_path_names_a_version_at_a_terminal_and_nothing_in_a_request(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path)
    assert load_named_or_folder(str(folder)).info.name == "tiny@1"
    with pytest.raises(UnknownModel):
        load(str(folder))
