"""What every model promises, whichever adapter it is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.tiny import make_tiny

from groundswell.core.errors import UnknownModel, UnreadableText
from groundswell.core.mood import EMOTIONS, Reading
from groundswell.models.artefact import shipped_versions
from groundswell.models.engine import Engine
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
    "هذا رائع جدا",
    "это ужасно",
    "这太糟糕了" * 2_000,
    "@a @b https://t.co/x",
    "so\x00good\x00\x01",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\ufe0f" * 5,
    "\ud83d",
    "\u200b",
    "&amp;&lt;",
]


def shown(text: str) -> str:
    return f"{text[:12]!a} of {len(text)}"


@pytest.fixture(
    scope="module",
    params=["tiny", "tiny on openvino", *shipped_versions(), "minilm on openvino", *ADAPTERS],
)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    name, _, other = str(request.param).partition(" on ")
    engine: Engine = "openvino" if other else "onnxruntime"
    if other:
        pytest.importorskip("openvino", reason="the extra openvino is not installed")
    if name == "tiny":
        return load_folder(make_tiny(tmp_path_factory.mktemp("models")), engine=engine)
    return load(name, engine=engine)


def same(found: Sequence[Reading], expected: Sequence[Reading]) -> bool:
    """Tell whether readings are the same: labels and who read, and scores to a millionth."""
    return len(found) == len(expected) and all(map(_same, found, expected))


def _same(one: Reading, other: Reading) -> bool:
    words = [(of.sentiment, of.emotion, of.model_used, of.fallback_used) for of in (one, other)]
    scores = [(*of.scores, *(of.emotions or ())) for of in (one, other)]
    return words[0] == words[1] and scores[0] == pytest.approx(scores[1], abs=1e-6)


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
    assert same(model.read(TEXTS), [model.read([text])[0] for text in TEXTS])


def test_order_does_not_matter(model: Model) -> None:
    shuffled = random.Random(3).sample(range(len(TEXTS)), len(TEXTS))
    readings = model.read([TEXTS[i] for i in shuffled])
    ordered = model.read(TEXTS)
    assert same(readings, [ordered[i] for i in shuffled])


def test_threads_do_not_disturb_each_other(model: Model) -> None:
    expected = model.read(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        assert all(same(found, expected) for found in pool.map(lambda _: model.read(TEXTS), range(8)))


@pytest.mark.parametrize("text", STRANGE, ids=shown)
def test_any_text_gets_an_answer_or_a_clear_error(model: Model, text: str) -> None:
    try:
        readings = model.read([text, "good"])
    except UnreadableText:
        return
    assert same(readings[1:], model.read(["good"]))
    assert sum(readings[0].scores) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("text", [text for text in [*TEXTS, *STRANGE] if len(text) < 100], ids=shown)
def test_explanations_point_into_the_original_text(model: Model, text: str) -> None:
    for attribution in model.explain(text):
        assert 0 <= attribution.start < attribution.end <= len(text)
        assert attribution.token == text[attribution.start : attribution.end]


def test_a_path_names_a_version_at_a_terminal_and_nothing_in_a_request(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path)
    assert load_named_or_folder(str(folder)).info.name == "tiny@1"
    with pytest.raises(UnknownModel):
        load(str(folder))
