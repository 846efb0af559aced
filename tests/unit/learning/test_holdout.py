"""The hold-out: by hash of the text as models read it, a fifth of all."""

from hypothesis import given
from hypothesis import strategies as st

from groundswell.learning.holdout import held_out


def test_a_fifth_is_held_out() -> None:
    share = sum(held_out(f"text number {n}") for n in range(20_000)) / 20_000
    assert 0.19 < share < 0.21  # three and a half standard deviations


@given(st.text(), st.sampled_from(["  ", "\t", "\u200b"]))
def test_what_models_read_as_the_same_is_on_the_same_side(text: str, space: str) -> None:
    assert held_out(text) == held_out(space + text + space)


def test_the_side_of_a_text_never_changes() -> None:
    """A release that moved texts across would have trained on what it is judged by."""
    texts = [f"the launch went well, take {n}" for n in range(30)]
    assert [n for n, text in enumerate(texts) if held_out(text)] == [1, 12, 14, 22, 23]
