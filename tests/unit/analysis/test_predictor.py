from __future__ import annotations

import threading
from typing import Any

import pytest
from tests.chains import Puppet, chain

from groundswell.analysis.predictor import MAX_LOADED, Permits, Predictor
from groundswell.core.clock import SystemClock
from groundswell.core.errors import Busy, ModelUnavailable, UnknownModel, UnreadableText
from groundswell.core.mood import Reading
from groundswell.models.port import Model


def predictor(model: Model | None = None, **changes: Any) -> Predictor:
    return Predictor(chain(model), clock=SystemClock(), **changes)


def test_only_the_unreadable_text_fails() -> None:
    predicted = predictor(Puppet()).read(["a", "bad", "c"])
    kinds = [type(one) for one in predicted.readings]
    assert kinds == [Reading, UnreadableText, Reading] and predicted.model_used == "puppet@1"


def test_readable_texts_are_read_together() -> None:
    model = Puppet()
    predictor(model).read(["a", "b"])
    assert model.calls == [["a", "b"]]


def test_a_model_is_loaded_once_by_name_and_few_are_kept() -> None:
    loaded: list[str] = []

    def load(name: str) -> Puppet:
        loaded.append(name)
        return Puppet(name)

    asked = predictor(Puppet("own@1"), load=load)
    for name in ("own", "own@1", "a", "a", "b@2"):
        asked.read(["x"], name)
    assert loaded == ["a", "b@2"]
    for number in range(MAX_LOADED):
        asked.read(["x"], f"m{number}")
    asked.read(["x"], "a")
    assert loaded.count("a") == 2


def test_of_a_named_model_only_the_unreadable_text_fails_too() -> None:
    predicted = predictor(None, load=Puppet).read(["a", "bad"], "other@3")
    assert predicted.model_used == "other@3" and [type(one) for one in predicted.readings] == [
        Reading,
        UnreadableText,
    ]


def test_without_a_model_nothing_is_invented() -> None:
    asked = predictor(None)
    assert asked.info is None
    with pytest.raises(ModelUnavailable):
        asked.read(["x"])
    with pytest.raises(ModelUnavailable):
        asked.explain("x")
    with pytest.raises(UnknownModel):
        asked.read(["x"], "oracle")


def test_the_fallback_is_explained_by_the_fallback() -> None:
    asked = Predictor(chain(Puppet(mood="dead"), Puppet("second@1")), clock=SystemClock())
    predicted = asked.read(["x"])
    assert predicted.model_used == "second@1" and asked.explain("x")[0].token == "x"


def test_so_many_work_so_many_wait_and_the_rest_is_told() -> None:
    permits = Permits(working=1, waiting=1, patience_seconds=30)
    inside, release, waited = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        with permits.one():
            inside.set()
            release.wait(10)

    def wait() -> None:
        with permits.one():
            waited.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert inside.wait(10)
    waiter = threading.Thread(target=wait)
    waiter.start()
    while permits._room._value:  # until it waits, too
        pass
    with pytest.raises(Busy), permits.one():
        pass
    assert not waited.is_set()
    release.set()
    waiter.join(10)
    worker.join(10)
    assert waited.is_set()
    with permits.one():
        pass


def test_nobody_waits_for_ever() -> None:
    permits = Permits(working=1, waiting=5, patience_seconds=0.01)
    with permits.one(), pytest.raises(Busy), permits.one():
        pass
    with permits.one():
        pass
