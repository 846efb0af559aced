"""The linear model: terms, counts, and explanations that add up exactly."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.core.text import normalise
from groundswell.models.load import load
from groundswell.models.tfidf import TfidfModel, count_terms, terms, weigh


def test_terms_are_words_and_pairs_of_neighbours() -> None:
    assert terms("Not good!! :D") == ["not", "good", "!!", ":d", "not good", "good !!", "!! :d"]


def test_counts_are_those_of_the_vocabulary_alone() -> None:
    counts = count_terms(["a b a", "", "c"], {"a": 0, "b": 1})
    entries = list(zip(counts.rows.tolist(), counts.columns.tolist(), counts.counts.tolist(), strict=True))
    assert entries == [(0, 0, 2), (0, 1, 1)] and counts.texts == 3


def test_each_text_has_length_one() -> None:
    counts = count_terms(["a b a", "b"], {"a": 0, "b": 1})
    weights = weigh(counts, np.array([1.0, 2.0]))
    assert np.bincount(counts.rows, weights=weights**2).tolist() == pytest.approx([1, 1])


def test_an_explanation_adds_up_to_the_answer() -> None:
    model = load("tfidf")
    assert isinstance(model, TfidfModel)
    text = "I don't love Mondays, but what a great day!"
    logits = model.logits([normalise(text)])[0] - model.logits([""])[0]
    expected = (logits - logits.mean())[int(model.logits([normalise(text)])[0].argmax())]
    total = sum(one.weight for one in model.explain(text)) * model.temperature
    assert total == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [("I love this, great day!", "positive"), ("This is awful, I hate it", "negative"), ("", "neutral")],
)
def test_the_shipped_model_reads_plain_cases(text: str, sentiment: str) -> None:
    assert load("tfidf").read([text])[0].sentiment == sentiment
