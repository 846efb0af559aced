"""The circuit breakers of every process, gathered: this one's as they are now, the others' as they last told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundswell.api.parts import Parts
from groundswell.core.errors import StoreUnavailable
from groundswell.store import failsafe, presence

WORST_FIRST = ("OPEN", "HALF_OPEN", "CLOSED")


@dataclass(frozen=True, kw_only=True, slots=True)
class Breakers:
    """How the breakers of an installation stand."""

    #: one per process and backend, as JSON has it, with `process` and `role`
    all: Sequence[Mapping[str, Any]]
    #: posts whose headline is a fallback's; None: the database is away
    waiting: int | None
    generation: int | None
    #: whether other processes could be asked
    is_whole: bool


def breakers(parts: Parts) -> Breakers:
    """Gather the breakers of all processes; while the database is away, of this one alone."""
    own = _named(parts.process, "api", parts.reader.breakers())
    try:
        with parts.database.reading() as connection:
            living = presence.living(connection, parts.clock.now())
            generation, _ = failsafe.generation(connection)
            waiting = failsafe.waiting(connection)
    except StoreUnavailable:
        return Breakers(all=own, waiting=None, generation=None, is_whole=False)
    others = [
        one
        for process in living
        if process.id != parts.process
        for one in _named(process.id, process.role, process.state.get("breakers"))
    ]
    return Breakers(all=[*own, *others], waiting=waiting, generation=generation, is_whole=True)


def fallback_count(parts: Parts) -> int | None:
    """Return how many headlines are a fallback's, or None while the database is away."""
    try:
        with parts.database.reading() as connection:
            return failsafe.waiting(connection)
    except StoreUnavailable:
        return None


def _named(process: str, role: str, told: object) -> list[dict[str, Any]]:
    rows = told if isinstance(told, list) else []
    return [{"process": process, "role": role, **row} for row in rows if isinstance(row, Mapping)]


def together(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return several breakers as one: the worst state, all activations, the next time one of them tries.

    `found` may be empty: nothing is known to have failed.
    """
    states = {one["state"] for one in found}
    return {
        "state": next((state for state in WORST_FIRST if state in states), "CLOSED"),
        "failure_count": max((one["failure_count"] for one in found), default=0),
        "activations": sum(one["activations"] for one in found),
        "opened_at": min((one["opened_at"] for one in found if one["opened_at"]), default=None),
        "retry_at": min((one["retry_at"] for one in found if one["retry_at"]), default=None),
    }
