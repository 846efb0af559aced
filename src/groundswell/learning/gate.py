"""The gate: whether a candidate may take production's place, decided on rows neither was fitted on, with the numbers.

Three questions, each of which may refuse:
on the base rows, is the lower bound of the difference above minus the margin (non-inferiority by paired bootstrap);
on feedback, is it not worse (or surely better, if that is asked for); and does no slice fall by more than its margin.
McNemar's test is reported beside them. Pure: rows in, decision out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.core.mood import SENTIMENTS
from groundswell.statistics.classification import macro_recall
from groundswell.statistics.resample import Comparison, mcnemar, paired_bootstrap

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Figure = Callable[[Ints, Ints], float]
"""A figure of (truth, answers), as a share of 1."""

Source = Literal["held_out", "out_of_fold", "none"]
"""Where feedback rows come from that neither was fitted on."""

HOW = {"held_out": "held out of training", "out_of_fold": "read out of fold, five-fold"}


@dataclass(frozen=True, kw_only=True, slots=True)
class GateRules:
    """Margins of the gate, as shares of 1."""

    #: base macro-recall may fall by less than this, at the lower bound of its interval
    margin: float = 0.03
    #: no slice may fall by more than this
    slice_margin: float = 0.08
    #: slices with fewer rows are shown, not judged: one row more or less would decide
    slice_rows: int = 30
    #: fewer feedback rows are no evidence
    few: int = 10
    #: ask for a surely better candidate on feedback, instead of one that is not worse
    must_be_better: bool = False


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Both models' answers to the same labelled rows; each an index in `SENTIMENTS`, shape (rows,)."""

    truth: Ints
    candidate: Ints
    champion: Ints

    def __len__(self) -> int:
        return len(self.truth)

    def some(self, chosen: Bools) -> "Rows":
        """Return some of the rows."""
        return Rows(
            truth=self.truth[chosen], candidate=self.candidate[chosen], champion=self.champion[chosen]
        )


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that the gate goes by."""

    #: macro-recall counts
    base: Rows
    #: the share that is right counts
    feedback: Rows
    source: Source
    #: slices of the feedback rows, by name
    slices: Mapping[str, Bools] = field(default_factory=dict)
    #: of all labels, how many say the opposite of what production reads
    contradicting: int = 0
    labels: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What the gate says, in words and numbers."""

    passed: bool
    reasons: Sequence[str]
    evidence: Mapping[str, Any]


PASSED, REFUSED = "Passed: it may take production's place.", "Refused: production stays as it is."


def refused(decision: Decision, why: str) -> Decision:
    """Return the decision turned into a refusal, for a reason that the gate itself does not see."""
    return replace(decision, passed=False, reasons=[REFUSED, why, *decision.reasons[1:]])


def decide(found: Evidence, rules: GateRules) -> Decision:
    """Judge a candidate; the first reason says what was decided, the others why."""
    base, base_reason, base_ok = _base(found.base, rules)
    heard, heard_reason, heard_ok = _feedback(found, rules)
    slices = _slices(found, rules.slice_rows)
    fallen = [one for one in slices if one["judged"] and one["difference"] < -rules.slice_margin]
    passed = base_ok and heard_ok and not fallen
    reasons = [
        PASSED if passed else REFUSED,
        base_reason,
        heard_reason,
        *(_slice_reason(one, rules) for one in fallen),
        *(() if passed else _advice(found)),
    ]
    evidence = {
        "base": base,
        "feedback": heard,
        "slices": slices,
        "contradicting": {"labels": found.contradicting, "of": found.labels},
        "rules": asdict(rules),
    }
    return Decision(passed=passed, reasons=reasons, evidence=evidence)


def _base(rows: Rows, rules: GateRules) -> tuple[dict[str, Any], str, bool]:
    if not len(rows):
        return {"rows": 0}, "There are no base rows, and without them nothing is decided for it.", False
    numbers, compared = _duel(rows, _recall)
    low = compared.difference.low
    passed = low > -rules.margin
    says = (
        f"On {len(rows):,} base rows macro-recall is {_percent(numbers['candidate'])}, production's is "
        f"{_percent(numbers['champion'])}: {_difference(numbers)}; the lower bound must be above "
        f"{_points(-rules.margin)}{'' if passed else ', and is not'}."
    )
    return numbers, says, passed


def _feedback(found: Evidence, rules: GateRules) -> tuple[dict[str, Any], str, bool]:
    rows = found.feedback
    if len(rows) < rules.few:
        says = (
            f"Feedback is too little evidence: {len(rows)} rows that neither was fitted on, {rules.few} are "
            "needed; the base rows alone decide."
        )
        return {"rows": len(rows), "source": found.source, "enough": False}, says, True
    numbers, compared = _duel(rows, _share_right)
    difference = compared.difference
    passed = difference.low > 0 if rules.must_be_better else difference.value >= 0
    wanted = "must be surely better" if rules.must_be_better else "must not be worse"
    says = (
        f"On {len(rows):,} feedback rows, {HOW.get(found.source, found.source)}, it reads "
        f"{_percent(numbers['candidate'])} as people do, production {_percent(numbers['champion'])}: "
        f"{_difference(numbers)}, McNemar p = {numbers['mcnemar_p']:.2g}; it {wanted}"
        f"{'' if passed else ', and that is not so'}."
    )
    return {**numbers, "source": found.source, "enough": True}, says, passed


def _duel(rows: Rows, figure: Figure) -> tuple[dict[str, Any], Comparison]:
    """Compare both on the same rows; the numbers are shares of 1."""
    compared = paired_bootstrap(
        lambda some: figure(rows.truth[some], rows.candidate[some]),
        lambda some: figure(rows.truth[some], rows.champion[some]),
        len(rows),
    )
    numbers = {
        "rows": len(rows),
        "candidate": figure(rows.truth, rows.candidate),
        "champion": figure(rows.truth, rows.champion),
        "difference": asdict(compared.difference),
        "not_better": compared.not_better,
        "mcnemar_p": mcnemar(rows.truth == rows.candidate, rows.truth == rows.champion),
        "changed": int((rows.candidate != rows.champion).sum()),
    }
    return numbers, compared


def _recall(truth: Ints, answers: Ints) -> float:
    return macro_recall(truth, answers, classes=len(SENTIMENTS))


def _share_right(truth: Ints, answers: Ints) -> float:
    return float((truth == answers).mean()) if len(truth) else 0.0


def _slices(found: Evidence, least: int) -> list[dict[str, Any]]:
    """Return every slice: how much of it each reads right, and by how much that fell or rose."""
    base = [
        _slice(f"base, {label}", found.base.some(found.base.truth == place), least)
        for place, label in enumerate(SENTIMENTS)
    ]
    return base + [
        _slice(f"feedback, {name}", found.feedback.some(rows), least) for name, rows in found.slices.items()
    ]


def _slice(name: str, rows: Rows, least: int) -> dict[str, Any]:
    candidate, champion = (_share_right(rows.truth, one) for one in (rows.candidate, rows.champion))
    return {
        "slice": name,
        "rows": len(rows),
        "candidate": candidate,
        "champion": champion,
        "difference": candidate - champion,
        "judged": len(rows) >= least,
    }


def _slice_reason(one: Mapping[str, Any], rules: GateRules) -> str:
    return (
        f"The slice '{one['slice']}' ({one['rows']:,} rows) falls from {_percent(one['champion'])} to "
        f"{_percent(one['candidate'])} right, more than the {_points(rules.slice_margin)} allowed."
    )


def _advice(found: Evidence) -> list[str]:
    """Say what to look at when many labels say the opposite of what production reads."""
    if found.contradicting < max(10, found.labels // 2):
        return []
    says = f"{found.contradicting:,} of the {found.labels:,} labels say the opposite of what production reads"
    return [f"{says}; check whether labels were swapped. `groundswell feedback withdraw` takes labels back."]


def _difference(numbers: Mapping[str, Any]) -> str:
    found = numbers["difference"]
    interval = f"95 % interval {_points(found['low'])} to {_points(found['high'])}"
    return f"{_points(found['value'])} points ({interval})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"
