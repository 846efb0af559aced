"""Terms are words, hashtags and pairs; the telling ones come first."""

from __future__ import annotations

import pytest

from groundswell.alerts.explanation import over_represented
from groundswell.alerts.terms import terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Battery died", {"battery", "died", "battery died"}),
        ("#Launch at 10:30 with @someone https://example.org/x", {"#launch"}),
        ("don\u2019t panic", {"panic"}),
        ("Größe zählt", {"größe", "zählt", "größe zählt"}),
        ("iPhoneの電池が切れた #電池", {"iphone", "の電", "電池", "池が", "が切", "切れ", "#電池"}),
        ("电池坏了", {"电池", "池坏", "坏了"}),
        ("배터리가 죽었어", {"배터리가", "죽었어", "배터리가 죽었어"}),
        ("", set()),
        ("a b 12", set()),
    ],
)
def test_terms(text: str, expected: set[str]) -> None:
    assert terms(text) == expected


def test_what_is_new_comes_first_and_what_is_always_said_does_not_come() -> None:
    before = [terms(f"always the same weather {i % 7}") for i in range(200)]
    now = [
        terms(f"always the same weather but battery died {word}") for word in ["today", "again", "here"] * 10
    ]
    found = over_represented(now, before, [*now, *before])
    assert found[0].term in {"battery", "died"}
    assert "weather" not in {term.term for term in found}
    assert found[0].count == 30 and found[0].baseline_count == 0


def test_of_nothing_nothing_stands_out() -> None:
    assert over_represented([], [], []) == []
