from __future__ import annotations

from typing import Any

import pytest
from tests.chains import Puppet, backend, chain

from groundswell.analysis.predictor import MAX_LOADED, Predictor
from groundswell.core.clock import SystemClock
from groundswell.core.errors import ModelUnavailable, UnknownModel, UnreadableText
from groundswell.core.mood import Attribution, Reading
from groundswell.models.port import Model


def predictor(model: Model | None = None, **changes: Any) -> Predictor:
    return Predictor(chain(model), clock=SystemClock(), **changes)


async def test_only_the_unreadable_text_fails() -> None:
    predicted = await predictor(Puppet()).read(["a", "bad", "c"])
    kinds = [type(one) for one in predicted.readings]
    assert kinds == [Reading, UnreadableText, Reading] and predicted.model_used == "puppet@1"


async def test_readable_texts_are_read_together() -> None:
    model = Puppet()
    await predictor(model).read(["a", "b"])
    assert model.calls == [["a", "b"]]


async def test_a_model_is_loaded_once_by_name_and_few_are_kept() -> None:
    loaded: list[str] = []

    def load(name: str) -> Puppet:
        loaded.append(name)
        return Puppet(name)

    asked = predictor(Puppet("own@1"), load=load)
    for name in ("own", "own@1", "a", "a", "b@2"):
        await asked.read(["x"], name)
    assert loaded == ["a", "b@2"]
    for number in range(MAX_LOADED):
        await asked.read(["x"], f"m{number}")
    await asked.read(["x"], "a")
    assert loaded.count("a") == 2


async def test_of_a_named_model_only_the_unreadable_text_fails_too() -> None:
    predicted = await predictor(None, load=Puppet).read(["a", "bad"], "other@3")
    assert predicted.model_used == "other@3" and [type(one) for one in predicted.readings] == [
        Reading,
        UnreadableText,
    ]


async def test_without_a_model_nothing_is_invented() -> None:
    asked = predictor(None)
    assert asked.info is None
    with pytest.raises(ModelUnavailable):
        await asked.read(["x"])
    with pytest.raises(ModelUnavailable):
        await asked.explain("x")
    with pytest.raises(UnknownModel):
        await asked.read(["x"], "oracle")


async def test_the_fallback_is_explained_by_the_fallback() -> None:
    asked = Predictor(chain(Puppet(mood="dead"), Puppet("second@1")), clock=SystemClock())
    predicted = await asked.explain("x")
    assert predicted.model_used == "second@1" and predicted.attributions[0].token == "x"


async def test_an_explanation_is_of_the_version_that_read() -> None:
    """However often the version changes in between."""
    models = [Named("m@1"), Named("m@2")]
    now = [0]

    def current() -> Named:
        now[0] += 1
        return models[now[0] % 2]

    asked = Predictor(chain(backend(current)), clock=SystemClock())
    for _ in range(10):
        predicted = await asked.explain("x")
        assert [one.token for one in predicted.attributions] == [predicted.model_used]


class Named(Puppet):
    """Explains everything by its own name."""

    def explain(self, text: str) -> list[Attribution]:
        return [Attribution(token=self.info.name, start=0, end=len(text), weight=1.0)]
