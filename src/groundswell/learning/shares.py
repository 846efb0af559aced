"""How posts divide by sentiment as people see them: estimated from the queue `random`, the only one valid for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg

from groundswell.core.mood import SENTIMENTS
from groundswell.statistics import sampled
from groundswell.statistics.resample import Estimate
from groundswell.statistics.sampled import Sample
from groundswell.store import labels
from groundswell.store.labels import Question, Sampled, SampleDrawn


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """Shares of the posts that were there at the last draw, with what they rest on."""

    #: posts at the last draw, those drawn before it included
    posts: int
    #: labelled posts that are stored still
    labelled: int
    draws: Sequence[SampleDrawn]
    #: in the order of `SENTIMENTS`; empty while nothing is labelled
    shares: Sequence[Estimate]


def estimated(connection: psycopg.Connection, question: Question) -> Shares:
    """Estimate how the posts that a question is about divide, from its draws of the queue `random`."""
    draws = labels.samples(connection, question)
    return shares(draws, labels.sampled(connection, question))


def shares(draws: Sequence[SampleDrawn], posts: Sequence[Sampled]) -> Shares:
    """Estimate from draws, the first one first, and their labelled posts."""
    drawn = sum(draw.drawn for draw in draws[:-1])
    known = [draw for draw in draws if draw.labelled]
    return Shares(
        posts=draws[-1].population + drawn if draws else 0,
        labelled=len(posts),
        draws=draws,
        shares=_estimates(draws, posts) if posts and known else (),
    )


def _estimates(draws: Sequence[SampleDrawn], posts: Sequence[Sampled]) -> list[Estimate]:
    chances = sampled.chances(
        [Sample(population=draw.population, drawn=draw.drawn, observed=draw.labelled) for draw in draws]
    )
    chance = np.array([chances[_first(draws, post)] for post in posts])
    values = np.zeros((len(posts), len(SENTIMENTS)))
    for row, post in enumerate(posts):
        for label in post.labels:
            values[row, label] += 1 / len(post.labels)
    return sampled.shares(values, chance)


def _first(draws: Sequence[SampleDrawn], post: Sampled) -> int:
    """Return the place of the first draw that could have taken the post."""
    return next(
        place for place, draw in enumerate(draws) if post.ingested_at < draw.drawn_at or draw.id == post.draw
    )
