"""How predictions were used: the numbers that earlier clients show on their front page."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from fastapi import APIRouter
from pydantic import BaseModel, Field

from groundswell.api.errors import errors
from groundswell.api.failsafe import breakers, together
from groundswell.api.parts import ThisParts, ThisServices
from groundswell.api.permissions import permission
from groundswell.core.mood import Sentiment
from groundswell.views.predictions import Answered, answered

router = APIRouter(tags=["paths of earlier clients"])

Name = TypeVar("Name", bound=str)


class Analytics(BaseModel):
    """Predictions that the API ever answered, all processes together."""

    total_predictions: int = Field(description="How many there were.")
    sentiment_distribution: dict[Sentiment, float] = Field(description="Each sentiment's share, in percent.")
    model_usage: dict[str, float] = Field(description="Each model version's share, in percent.")
    average_response_time: float = Field(description="Milliseconds a model took for a text, on average.")
    circuit_breaker_activations: int = Field(
        description="How often a backend was given up for a while and the next one asked."
    )
    last_updated: datetime = Field(description="The minute of the newest prediction, or now without any.")

    @classmethod
    def of(cls, found: Answered, activations: int, now: datetime) -> "Analytics":
        """Shape the counts."""
        return cls(
            total_predictions=found.total,
            sentiment_distribution=_percent(found.by_sentiment, found.total),
            model_usage=_percent(found.by_model, found.total),
            average_response_time=round(found.total_ms / found.total, 3) if found.total else 0.0,
            circuit_breaker_activations=activations,
            last_updated=found.newest or now,
        )


def _percent(counts: Mapping[Name, int], total: int) -> dict[Name, float]:
    return {name: round(100 * n / total, 1) if total else 0.0 for name, n in counts.items()}


@router.get(
    "/analytics",
    summary="How predictions were used",
    dependencies=[permission("read")],
    responses=errors(503),
)
def analytics(parts: ThisParts, services: ThisServices) -> Analytics:
    """Sum what `POST /predict` answered since the beginning; this process's newest counts included."""
    services.counter.flush()
    with parts.database.reading() as connection:
        found = answered(connection)
    activations = together(breakers(parts).all)["activations"]
    return Analytics.of(found, activations, parts.clock.now())
