"""Passes over texts of one padded length, and explanations by leaving words out."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from tests.tiny import make_tiny

from groundswell.core.errors import MissingExtra
from groundswell.core.mood import Vector
from groundswell.core.text import normalise_with_offsets
from groundswell.learning.speed import made_up_posts
from groundswell.models.load import load_folder
from groundswell.models.occlusion import MOST_WORDS, attributions, occlusions
from groundswell.models.transformer import TransformerModel, passes


def test_each_text_is_in_one_pass_with_texts_of_its_length() -> None:
    lengths = np.random.default_rng(4).integers(2, 90, 300).tolist()
    seen: list[int] = []
    for members in passes(lengths, budget=256):
        assert len({lengths[i] for i in members}) == 1
        assert len(members) * lengths[members[0]] <= 256 or len(members) == 1
        seen += members.tolist()
    assert sorted(seen) == list(range(300))


def test_a_text_longer_than_the_budget_passes_alone() -> None:
    assert [members.tolist() for members in passes([100, 3, 100], budget=16)] == [[1], [0], [2]]


def test_a_long_text_is_cut_not_refused(tmp_path: Path) -> None:
    model = load_folder(make_tiny(tmp_path))
    assert len(model.read(["good day " * 2_000])) == 1


def test_leaving_out_each_word_in_turn() -> None:
    spans, variants = occlusions("so good!")
    assert [("so good!")[a:b] for a, b in spans] == ["so", "good", "!"]
    assert [" ".join(variant.split()) for variant in variants] == ["good!", "so !", "so good"]


def test_a_very_long_text_is_explained_up_to_a_bound() -> None:
    assert len(occlusions("word " * 5_000)[0]) == MOST_WORDS


def test_a_word_that_carries_the_answer_weighs_most_and_points_to_the_original() -> None:
    text = "Soooo good \U0001f602"
    normal = normalise_with_offsets(text)
    spans, _ = occlusions(normal.text)
    scores = np.array(
        [[0.1, 0.2, 0.7], [0.1, 0.2, 0.7], [0.5, 0.4, 0.1], *[[0.1, 0.3, 0.6]] * (len(spans) - 2)]
    )
    found = attributions(text, normal, spans, scores)
    assert [one.token for one in found] == ["Soooo", "good", "\U0001f602"]
    assert found[0].weight == pytest.approx(0)
    assert max(found, key=lambda one: one.weight).token == "good"


def test_ten_thousand_posts_are_read_again_from_their_vectors_as_they_were_read(tmp_path: Path) -> None:
    """What comes back from the store is a label and a score like the first, post by post."""
    model = load_folder(make_tiny(tmp_path))
    assert isinstance(model, TransformerModel)
    posts = made_up_posts(10_000)
    read = model.read(posts)
    vectors = [reading.vector for reading in read if reading.vector]
    kept = [Vector(encoder=one.encoder, values=bytes(one.values), scale=one.scale) for one in vectors]
    again = [reading for at in range(0, 10_000, 999) for reading in model.read_vectors(kept[at : at + 999])]
    assert [(one.sentiment, one.emotion) for one in again] == [(one.sentiment, one.emotion) for one in read]
    scores = [np.array([(*one.scores, *(one.emotions or ())) for one in of]) for of in (again, read)]
    assert np.abs(scores[0] - scores[1]).max() <= 1e-6


def test_an_engine_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtra, match=r"groundswell\[openvino\]"):
        load_folder(make_tiny(tmp_path), engine="openvino")
