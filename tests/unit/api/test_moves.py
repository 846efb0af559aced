"""What the live feed says of the registry: each change once, and none from before it looked."""

from groundswell.api.live.moves import Moves


def test_each_change_of_a_stage_is_said_once() -> None:
    stage = {("minilm", "1"): "production"}
    moves = Moves(lambda: stage)
    assert moves() == [] and moves() == []
    stage[("minilm", "2")] = "candidate"
    assert moves() == [{"key": "minilm", "version": "2", "stage": "candidate"}]
    stage |= {("minilm", "1"): "archived", ("minilm", "2"): "production"}
    assert [(move["version"], move["stage"]) for move in moves()] == [("1", "archived"), ("2", "production")]
    assert moves() == []


def test_what_changed_while_nobody_looked_is_told_to_no_one() -> None:
    stage = {("minilm", "1"): "production"}
    moves = Moves(lambda: stage)
    moves()
    moves.forget()
    stage[("minilm", "1")] = "archived"
    assert moves() == []
