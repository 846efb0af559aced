from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from groundswell.analysis.predictor import MAX_LOADED, Permits, Predictor
from groundswell.core.clock import SystemClock
from groundswell.core.errors import Busy, ModelUnavailable, UnknownModel, UnreadableText
from groundswell.core.mood import Attribution, Reading
from groundswell.models.null import NullModel
from groundswell.models.port import ModelInfo


class Picky:
    """Cannot read "bad"; counts its calls."""

    def __init__(self, name: str = "picky@1") -> None:
        key, _, version = name.partition("@")
        self.info = ModelInfo(
            key=key, version=version or "1", description="", labels=("neutral",), has_emotions=False
        )
        self.calls: list[list[str]] = []

    def read(self, texts: Sequence[str]) -> list[Reading]:
        self.calls.append(list(texts))
        if "bad" in texts:
            raise UnreadableText
        return [Reading(scores=(0.0, 1.0, 0.0), model_used=self.info.name) for _ in texts]

    def explain(self, text: str) -> list[Attribution]:
        return [Attribution(token=text, start=0, end=len(text), weight=1.0)]


def test_only_the_unreadable_text_fails() -> None:
    predicted = Predictor(Picky(), clock=SystemClock()).read(["a", "bad", "c"])
    kinds = [type(one) for one in predicted.readings]
    assert kinds == [Reading, UnreadableText, Reading] and predicted.info.key == "picky"


def test_readable_texts_are_read_together() -> None:
    model = Picky()
    Predictor(model, clock=SystemClock()).read(["a", "b"])
    assert model.calls == [["a", "b"]]


def test_a_model_is_loaded_once_by_name_and_few_are_kept() -> None:
    loaded: list[str] = []

    def load(name: str) -> Picky:
        loaded.append(name)
        return Picky(name)

    predictor = Predictor(Picky("own@1"), clock=SystemClock(), load=load)
    for name in ("own", "own@1", "a", "a", "b@2"):
        predictor.read(["x"], name)
    assert loaded == ["a", "b@2"]
    for number in range(MAX_LOADED):
        predictor.read(["x"], f"m{number}")
    predictor.read(["x"], "a")
    assert loaded.count("a") == 2


def test_without_a_model_nothing_is_invented() -> None:
    predictor = Predictor(None, clock=SystemClock())
    assert predictor.info is None
    with pytest.raises(ModelUnavailable):
        predictor.read(["x"])
    with pytest.raises(ModelUnavailable):
        predictor.explain("x")
    with pytest.raises(UnknownModel):
        predictor.read(["x"], "oracle")


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


def test_a_failing_model_gives_its_permit_back() -> None:
    class Broken(NullModel):
        def read(self, texts: Sequence[str]) -> list[Reading]:
            raise ModelUnavailable(details={"texts": len(texts)})

    predictor = Predictor(
        Broken(), clock=SystemClock(), permits=Permits(working=1, waiting=0, patience_seconds=0)
    )
    for _ in range(3):
        with pytest.raises(ModelUnavailable):
            predictor.read(["x"])
