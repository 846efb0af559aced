"""Where a test ends a worker as if killed: at a named point of its journey, or on a text."""

import os
from collections.abc import Iterable

POINTS = (
    "after_read",
    "after_infer",
    "before_commit",
    "after_commit",
    "before_ack",
    "after_ack",
    "during_drain",
)
ON_TEXT = "on_text:"


class Failpoint:
    """Ends the process, without any last words, where the setting `failpoint` says; by default nowhere.

    `on_text:WORDS` ends it when it is about to read a text with these words: a post that crashes.
    """

    def __init__(self, setting: str = "") -> None:
        self._point = setting
        self._words = setting.removeprefix(ON_TEXT) if setting.startswith(ON_TEXT) else ""

    def __call__(self, point: str) -> None:
        """Pass the point called `point`."""
        if point == self._point:
            os._exit(137)

    def texts(self, texts: Iterable[str]) -> None:
        """Pass the point at which `texts` are about to be read."""
        if self._words and any(self._words in text for text in texts):
            os._exit(137)
