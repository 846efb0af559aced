"""A model card promises what its version can read, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.learning.card import model_card

FACTS: dict[str, Any] = {
    "key": "mine",
    "version": "1",
    "kind": "transformer",
    "description": "Reads {braces}.",
    "labels": {"sentiment": [], "emotion": []},
    "calibration": {},
    "data": [],
    "parent": None,
    "metrics": {},
    "command": "groundswell train",
}


@pytest.mark.parametrize(
    ("change", "use"),
    [
        ({}, "Reading the sentiment and emotions of short English posts"),
        ({"labels": {"sentiment": []}}, "Reading the sentiment of short English posts"),
        ({"kind": "llm"}, "Reads {braces}."),
    ],
)
def test_the_card_says_what_is_read(change: dict[str, Any], use: str) -> None:
    card = model_card(FACTS | change)
    assert use in card.partition("## Intended use")[2].partition("##")[0]
