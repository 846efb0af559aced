"""Who waits, who is refused, who goes first, and who is not read for any more."""

from __future__ import annotations

import pytest

from groundswell.analysis.waiting import (
    BURST,
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


def wish(*texts: str, deadline: float = 100.0) -> Wish:
    return Wish(texts or ("hello",), deadline, lambda: None)


@pytest.mark.parametrize(
    ("text", "expected"), [("", 2), ("a fine day", 4), ("素晴らしい", 7), ("x" * 10_000, LONGEST_TEXT)]
)
def test_tokens_are_estimated_without_a_tokenizer(text: str, expected: int) -> None:
    assert tokens(text) == expected


def test_a_call_is_filled_up_to_its_budget_in_order() -> None:
    room, wishes = WaitingRoom(), [wish("word " * 60) for _ in range(20)]
    for one in wishes:
        room.admit(one)
    first = room.take(30, long=True)
    assert first == wishes[: CALL_TOKENS // tokens("word " * 60)]
    assert room.tokens == sum(one.tokens for one in wishes[len(first) :])


def test_short_ones_are_shared_among_those_who_read() -> None:
    room, wishes = WaitingRoom(readers=2), [wish("a fine day") for _ in range(5)]
    for one in wishes:
        room.admit(one)
    assert room.take(0, long=True) == wishes[:2]
    assert room.take(0, long=True) == wishes[2:3]
    assert room.take(0, long=True) == wishes[3:4], "one may always go, however small its share"


def test_a_burst_is_welcome_however_slow_the_machine_is() -> None:
    room = WaitingRoom(most_seconds=0.03)
    room.took(1, seconds=1.0)
    for _ in range(BURST):
        room.admit(wish())
    with pytest.raises(Busy):
        room.admit(wish())


def test_where_too_much_keeps_coming_nobody_is_let_in_who_would_wait_long() -> None:
    turned_away: list[Reason] = []
    room = WaitingRoom(most_seconds=0.035, note=turned_away.append, readers=2)
    for _ in range(100):
        room.took(wish().tokens, seconds=0.02)
    for _ in range(BURST):
        room.admit(wish())
    assert room.turns_away()
    while len(room) > 2:
        room.take(0, long=True)
    for _ in range(2):
        room.admit(wish())
    assert len(room) == 4 and room.turns_away(), "four wait, 10 ms each: the next would wait 40"
    assert turned_away == ["full"] * 2
    room.rested()
    for _ in range(BURST - 4):
        room.admit(wish())  # what comes after a rest may be a burst


def test_what_a_token_takes_follows_the_latest_calls() -> None:
    room = WaitingRoom(most_seconds=0.03)
    room.took(1, seconds=10.0)
    for _ in range(200):
        room.took(100, seconds=0.001)
    for _ in range(MOST_SHORT):
        room.admit(wish())


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
    late, gone = (Wish(("x",), 5.0, lambda name=name: told.append(name)) for name in ("late", "gone"))  # type: ignore[misc]
    gone.is_abandoned = True
    fine = wish("y", deadline=50)
    for one in (late, gone, fine):
        room.admit(one)
    assert room.take(6, long=True) == [fine]
    assert turned_away == ["late", "gone"] and told == ["late", "gone"]
    assert isinstance(late.answer, ModelUnavailable)


def test_only_the_first_answer_counts_and_is_told_once() -> None:
    told: list[int] = []
    one = Wish(("x",), 1.0, lambda: told.append(1))
    one.settle(Busy())
    one.settle([])
    one.end()
    assert isinstance(one.answer, Busy) and told == [1]
