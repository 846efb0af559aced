"""Says which backends answer, in every process, and closes their circuit breakers on demand."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from groundswell.api.errors import errors
from groundswell.api.failsafe import Breakers, breakers, together
from groundswell.api.parts import Parts, ThisParts
from groundswell.api.permissions import permission
from groundswell.store import failsafe

router = APIRouter(tags=["failsafe"])

State = Literal["CLOSED", "OPEN", "HALF_OPEN"]


class TransitionAnswer(BaseModel):
    """A change of a breaker's state."""

    model_config = ConfigDict(extra="ignore")

    at: AwareDatetime = Field(description="When.")
    before: State = Field(description="The state before.")
    after: State = Field(description="The state after.")
    why: str = Field(description="What brought it about.")


class BreakerAnswer(BaseModel):
    """A breaker, of one process or of several taken together."""

    state: State = Field(
        description="`OPEN`: it is not called. `HALF_OPEN`: one call tries. The worst counts."
    )
    failure_count: int = Field(description="Failures that count within the window; of processes, the most.")
    activations: int = Field(description="Times it opened since its process started; all processes together.")
    opened_at: AwareDatetime | None = Field(description="Since when; null while it is closed.")
    retry_at: AwareDatetime | None = Field(description="When a call tries next; null while it is closed.")


class ProcessBreaker(BreakerAnswer):
    """The breaker of one backend in one process."""

    process: str = Field(description="The process.")
    role: str = Field(description="What that process does.")
    name: str = Field(description="The backend: `local`, `service`, or a fallback.")
    primary: bool = Field(description="Whether it is the one that should answer.")
    last_failure: str = Field(description="What went wrong the last time; empty if nothing ever did.")
    transitions: list[TransitionAnswer] = Field(description="Its last changes of state, the newest last.")


class FailsafeAnswer(BreakerAnswer):
    """The primary backend across all processes, and every breaker there is."""

    failure_threshold: int = Field(description="Failures that open a breaker.")
    failure_window_seconds: float = Field(description="Window in which they count.")
    timeout_seconds: float = Field(description="How long an open breaker waits before a call tries.")
    backends: dict[str, BreakerAnswer] = Field(description="Each backend across all processes.")
    processes: list[ProcessBreaker] = Field(description="Each breaker of each process.")
    chain: list[str] = Field(description="Who answers in this process, in order.")
    complete: bool = Field(description="Whether other processes could be asked: false: database away.")
    fallback_headlines: int | None = Field(
        description="Posts a fallback has read, to be read again; null: database away."
    )
    generation: int | None = Field(description="How often the breakers were reset; null: database away.")


class ResetAnswer(BaseModel):
    """The breakers are closed."""

    message: str = Field(description="What happens.")
    generation: int = Field(description="Processes that have seen it have closed theirs.")
    state: State = Field(description="The primary backend in this process, now.")


@router.get("/api/v1/failsafe", summary="Who answers, and what is broken?", dependencies=[permission("read")])
@router.get(
    "/failsafe/status",
    summary="Who answers? (path of earlier clients)",
    dependencies=[permission("read")],
)
def failsafe_status(parts: ThisParts) -> FailsafeAnswer:
    """Gather the circuit breakers of every process; asked at any of them, the answer is the same."""
    return _answer(parts, breakers(parts))


def _answer(parts: Parts, found: Breakers) -> FailsafeAnswer:
    names = dict.fromkeys(one["name"] for one in found.all)
    rules = parts.reader.rules.breaker
    backends: dict[str, Any] = {
        name: together([one for one in found.all if one["name"] == name]) for name in names
    }
    return FailsafeAnswer.model_validate(
        {
            **together([one for one in found.all if one["primary"] and one["role"] != "model"]),
            "failure_threshold": rules.max_failures,
            "failure_window_seconds": rules.window_seconds,
            "timeout_seconds": rules.open_seconds,
            "backends": backends,
            "processes": list(found.all),
            "chain": [backend.name for backend in parts.reader.failsafe.backends],
            "complete": found.is_whole,
            "fallback_headlines": found.waiting,
            "generation": found.generation,
        }
    )


@router.post(
    "/api/v1/failsafe/reset",
    summary="Close every breaker",
    dependencies=[permission("admin")],
    responses=errors(503),
)
@router.post(
    "/failsafe/reset",
    summary="Close every breaker (path of earlier clients)",
    dependencies=[permission("admin")],
    responses=errors(503),
)
def failsafe_reset(parts: ThisParts) -> ResetAnswer:
    """Close the breakers of this process now and those of every other within two seconds."""
    with parts.database.transaction() as connection:
        generation = failsafe.reset(connection, parts.clock.now())
    parts.reader.failsafe.reset()
    return ResetAnswer(
        message="The circuit breakers of this process are closed, the others follow within two seconds.",
        generation=generation,
        state=parts.reader.failsafe.primary.breaker.status().state,
    )
