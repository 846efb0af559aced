"""Who waits, who is refused, who goes first, and who is not read for any more."""

from __future__ import annotations

import pytest

from groundswell.analysis.waiting import (
    ALWAYS_WELCOME,
    CALL_TOKENS,
    MOST_LONG,
    MOST_SHORT,
    Reason,
    WaitingRoom,
    Wish,
)
from groundswell.core.errors import Busy, ModelUnavailable
from groundswell.core.text import LONGEST_TEXT, tokens

LONG = ["word " * 60] * 20


def wish(*texts: str, at: float = 0.0, deadline: float = 100.0) -> Wish:
    return Wish(texts or ("hello",), deadline, lambda: None, at)


@pytest.mark.parametrize(
    ("text", "expected"), [("", 2), ("a fine day", 4), ("素晴らしい", 7), ("x" * 10_000, LONGEST_TEXT)]
)
def test_tokens_are_estimated_without_a_tokenizer(text: str, expected: int) -> None:
    assert tokens(text) == expected


def test_a_call_is_filled_up_to_its_budget_in_order() -> None:
    room, wishes = WaitingRoom(), [wish("word " * 60, at=number) for number in range(20)]
    for one in wishes:
        room.admit(one)
    first = room.take(30, long=True)
    assert first == wishes[: CALL_TOKENS // tokens("word " * 60)]
    assert room.tokens == sum(one.tokens for one in wishes[len(first) :])


def test_a_slow_machine_refuses_when_the_first_in_line_has_waited_too_long() -> None:
    turned_away: list[Reason] = []
    room = WaitingRoom(most_seconds=0.03, note=turned_away.append)
    for _ in range(ALWAYS_WELCOME):
        room.admit(wish(at=1.0))  # a burst is welcome however long it takes
    room.admit(wish(at=1.02))
    with pytest.raises(Busy):
        room.admit(wish(at=1.04))
    assert turned_away == ["full"]
    room.take(1.05, long=True)
    room.admit(wish(at=1.06))


def test_a_fast_machine_refuses_by_number() -> None:
    room = WaitingRoom(most_seconds=10)
    for _ in range(MOST_SHORT):
        room.admit(wish())
    with pytest.raises(Busy):
        room.admit(wish())
    for _ in range(MOST_LONG):
        room.admit(wish(*LONG))  # long ones have a line of their own
    with pytest.raises(Busy):
        room.admit(wish(*LONG))


def test_short_and_long_take_turns_and_a_long_one_goes_alone() -> None:
    room = WaitingRoom()
    long, short = [wish(*LONG), wish(*LONG)], [wish("a"), wish("b")]
    for one in (*long, *short):
        room.admit(one)
    assert room.take(0, long=True) == short
    room.admit(more := wish("c"))
    assert room.take(0, long=True) == [long[0]]
    assert room.take(0, long=True) == [more]
    assert not room.has(long=False) and room.has(long=True)
    assert room.take(0, long=True) == [long[1]]


def test_the_late_and_the_abandoned_are_told_and_not_read() -> None:
    turned_away: list[Reason] = []
    told: list[str] = []
    room = WaitingRoom(note=turned_away.append)
    late, gone = (Wish(("x",), 5.0, lambda name=name: told.append(name), 0.0) for name in ("late", "gone"))  # type: ignore[misc]
    gone.is_abandoned = True
    fine = wish("y", deadline=50)
    for one in (late, gone, fine):
        room.admit(one)
    assert room.take(6, long=True) == [fine]
    assert turned_away == ["late", "gone"] and told == ["late", "gone"]
    assert isinstance(late.answer, ModelUnavailable)


def test_only_the_first_answer_counts_and_is_told_once() -> None:
    told: list[int] = []
    one = Wish(("x",), 1.0, lambda: told.append(1), 0.0)
    one.settle(Busy())
    one.settle([])
    one.end()
    assert isinstance(one.answer, Busy) and told == [1]
