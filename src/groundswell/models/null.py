"""A model that reads nothing: every text is neutral. For measuring what everything else costs."""

from collections.abc import Sequence

from groundswell.core.mood import Attribution, Reading
from groundswell.models.port import ModelInfo


class NullModel:
    """Answers the same reading for every text; never offered by default."""

    info = ModelInfo(
        key="null",
        version="1",
        description="Reads nothing and calls every text neutral; for benchmarks only.",
        labels=("neutral",),
        has_emotions=False,
    )
    _reading = Reading(scores=(0.0, 1.0, 0.0), model_used="null@1")

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Return the neutral reading once per text."""
        return [self._reading] * len(texts)

    def explain(self, text: str) -> list[Attribution]:
        """Return nothing: no token matters."""
        del text
        return []
