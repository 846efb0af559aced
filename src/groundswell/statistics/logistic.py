"""Fitting a linear head: weighted logistic regression that is pulled towards the weights it starts from.

Source of the method: D. Böhning, "Multinomial logistic regression algorithm", Annals of the Institute of Statistical
Mathematics 44, 1992. The curvature of the log-likelihood has a bound that does not depend on the weights, so one
matrix is inverted once and every step with it goes down; steps are accelerated as in Y. Nesterov 1983 and begin anew
where that overshoots (O'Donoghue and Candès 2015). The result depends on the data alone: there is no learning rate,
no batch and no chance in it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.statistics.calibration import sigmoid, softmax

Floats = NDArray[np.float64]

MOST_STEPS = 400
CLOSE_ENOUGH = 1e-3
"""A step that moves no weight by more ends the search (measured: no label changes any more long before)."""

Link = Literal["one", "any"]
"""`one`: labels exclude each other (softmax); `any`: each label for itself (sigmoid)."""

_CURVATURE = {"one": 0.5, "any": 0.25}


@dataclass(frozen=True, kw_only=True)
class Material:
    """What is fitted."""

    #: shape (rows, width)
    vectors: Floats
    #: probabilities, shape (rows, labels)
    targets: Floats
    #: shape (rows,)
    weights: Floats


@dataclass(frozen=True, kw_only=True)
class Linear:
    """`vectors @ weight + bias`."""

    #: shape (width, labels)
    weight: Floats
    #: shape (labels,)
    bias: Floats


def fit(material: Material, start: Linear, *, link: Link, pull: float) -> Linear:
    """Return the minimum of the weighted cross-entropy plus `pull / 2` times the squared way from `start`."""
    rows = np.column_stack([material.vectors, np.ones(len(material.vectors))])
    anchor = np.vstack([start.weight, start.bias])
    answer = softmax if link == "one" else sigmoid
    bound = _CURVATURE[link] * (rows * material.weights[:, None]).T @ rows
    bound[np.diag_indices(len(bound))] += pull
    inverse = np.linalg.inv(bound)

    def improved(at: Floats) -> Floats:
        wrong = (answer(rows @ at) - material.targets) * material.weights[:, None]
        result: Floats = at - inverse @ (rows.T @ wrong + pull * (at - anchor))
        return result

    found = ahead = anchor
    momentum = 1.0
    for _ in range(MOST_STEPS):
        better = improved(ahead)
        overshoots = float(((ahead - better) * (better - found)).sum()) > 0
        moved = float(np.abs(better - found).max())
        faster = 1.0 if overshoots else (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = better if overshoots else better + (momentum - 1) / faster * (better - found)
        found, momentum = better, float(faster)
        if moved < CLOSE_ENOUGH:
            break
    return Linear(weight=found[:-1], bias=found[-1])
