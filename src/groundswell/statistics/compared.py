"""How far two readers of the same posts agree: the share, Cohen's kappa, and how sure both are."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from groundswell.statistics.intervals import LEVEL, wilson

Z = 1.959963984540054
"""Standard deviations to each side that hold 95 % of a normal distribution."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Two readers over the same posts; every interval is a 95 % one."""

    posts: int
    agreeing: int
    #: None where there is no post
    agreement: float | None
    agreement_interval: tuple[float, float]
    #: None where it is not defined: no post, or one label throughout
    kappa: float | None
    kappa_interval: tuple[float, float]


def compared(table: NDArray[np.int64]) -> Compared:
    """Return agreement and kappa of a square table: `table[i, j]` posts are i to the first reader, j to the second.

    Kappa is Cohen's (1960, Educational and Psychological Measurement 20, 37-46), its large-sample
    standard error that of Fleiss, Cohen and Everitt (1969, Psychological Bulletin 72, 323-327).
    """
    posts, agreeing = int(table.sum()), int(np.trace(table))
    kappa, interval = _kappa(table / posts, posts) if posts else (None, (-1.0, 1.0))
    return Compared(
        posts=posts,
        agreeing=agreeing,
        agreement=agreeing / posts if posts else None,
        agreement_interval=wilson(agreeing, posts, LEVEL),
        kappa=kappa,
        kappa_interval=interval,
    )


def _kappa(shares: NDArray[np.float64], posts: int) -> tuple[float | None, tuple[float, float]]:
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    seen, chance = float(np.trace(shares)), float(rows @ columns)
    if chance >= 1.0:
        return None, (-1.0, 1.0)
    kappa = (seen - chance) / (1 - chance)
    both = rows[None, :] + columns[:, None]  # both[i, j] = row j + column i
    agreed = (np.diag(shares) * (1 - np.diag(both) * (1 - kappa)) ** 2).sum()
    off = shares * both**2
    apart = (1 - kappa) ** 2 * (off.sum() - np.trace(off))
    spread = agreed + apart - (kappa - chance * (1 - kappa)) ** 2
    error = sqrt(max(0.0, float(spread)) / posts) / (1 - chance)
    return kappa, (max(-1.0, kappa - Z * error), min(1.0, kappa + Z * error))
