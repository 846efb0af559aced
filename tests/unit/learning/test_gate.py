"""The gate lets a candidate pass that is no worse, and says with numbers why another is refused."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.learning.gate import Evidence, GateRules, Rows, Source, decide


def rows(number: int, *, champion_wrong: int = 0, candidate_wrong: int = 0) -> Rows:
    """Balanced rows; the first so many are read wrong, spread over the classes."""
    truth = np.arange(number, dtype=np.int64) % 3
    champion, candidate = truth.copy(), truth.copy()
    champion[:champion_wrong] = (champion[:champion_wrong] + 1) % 3
    candidate[:candidate_wrong] = (candidate[:candidate_wrong] + 1) % 3
    return Rows(truth=truth, candidate=candidate, champion=champion)


def evidence(base: Rows, heard: Rows, source: Source = "held_out") -> Evidence:
    return Evidence(base=base, feedback=heard, source=source, labels=len(heard))


@pytest.mark.parametrize(
    ("base", "heard", "rules", "passed", "says"),
    [
        (rows(900), rows(60, champion_wrong=30), GateRules(), True, "+50.0 points"),
        (rows(900), rows(60), GateRules(), True, "must not be worse"),
        (
            rows(900),
            rows(60),
            GateRules(must_be_better=True),
            False,
            "must be surely better, and that is not so",
        ),
        (rows(900, candidate_wrong=60), rows(60), GateRules(), False, "must be above -3.0, and is not"),
        (rows(900, candidate_wrong=60), rows(60), GateRules(margin=0.1), True, "must be above -10.0"),
        (rows(900), rows(60, candidate_wrong=1), GateRules(), False, "must not be worse, and that is not so"),
        (rows(900), rows(9, candidate_wrong=9), GateRules(), True, "too little evidence: 9 rows"),
        (rows(0), rows(60, champion_wrong=30), GateRules(), False, "There are no base rows"),
    ],
)
def test_what_passes_and_what_does_not(
    base: Rows, heard: Rows, rules: GateRules, passed: bool, says: str
) -> None:
    decision = decide(evidence(base, heard), rules)
    assert decision.passed == passed
    assert decision.reasons[0].startswith("Passed" if passed else "Refused")
    assert says in " ".join(decision.reasons)


def test_a_fall_within_the_margin_is_still_refused_when_the_rows_are_too_few_to_tell() -> None:
    few, many = rows(90, candidate_wrong=1), rows(9_000, candidate_wrong=100)
    assert not decide(evidence(few, rows(0)), GateRules(margin=0.02, slice_margin=0.5)).passed
    assert decide(evidence(many, rows(0)), GateRules(margin=0.02, slice_margin=0.5)).passed


def test_a_slice_that_falls_refuses_though_the_whole_does_not() -> None:
    base = rows(900)
    champion = base.truth.copy()
    champion[base.truth == 1] = 2
    candidate = base.truth.copy()
    candidate[np.flatnonzero(base.truth == 0)[:60]] = 2
    decision = decide(
        evidence(Rows(truth=base.truth, candidate=candidate, champion=champion), rows(0)), GateRules()
    )
    assert not decision.passed and decision.evidence["base"]["difference"]["low"] > 0
    assert "'base, negative' (300 rows) falls from 100.0 % to 80.0 %" in " ".join(decision.reasons)


def test_a_small_slice_is_shown_and_not_judged() -> None:
    heard = rows(60, champion_wrong=30)
    heard.candidate[-5:] = (heard.truth[-5:] + 1) % 3
    small = np.arange(60) >= 55
    found = Evidence(base=rows(900), feedback=heard, source="held_out", slices={"topic rain": small})
    decision = decide(found, GateRules())
    assert decision.passed
    (shown,) = [one for one in decision.evidence["slices"] if one["slice"] == "feedback, topic rain"]
    assert (shown["difference"], shown["judged"]) == (-1.0, False)


def test_swapped_labels_are_named_when_it_refuses() -> None:
    found = Evidence(
        base=rows(900, candidate_wrong=300),
        feedback=rows(200, champion_wrong=200),
        source="out_of_fold",
        contradicting=150,
        labels=200,
    )
    decision = decide(found, GateRules())
    assert not decision.passed and "150 of the 200 labels say the opposite" in decision.reasons[-1]
