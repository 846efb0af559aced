"""Drift of a model, as it is answered."""

from datetime import datetime
from typing import Any

from pydantic import Field

from groundswell.api.answers.listing import Answer
from groundswell.statistics.drift import Group, Name, State


class SignalAnswer(Answer):
    """One kind of drift."""

    name: Name = Field(description="What may have shifted.")
    group: Group = Field(description="What the model is given, what it says, or what people say of that.")
    value: float = Field(description="The shift.")
    interval: tuple[float, float] = Field(description="Each bound errs with a probability of 0.1 %.")
    threshold: float = Field(description="A larger shift matters.")
    state: State = Field(
        description="`beyond`: the whole interval is; `unsure`: the value is; `unknown`: too few posts to tell."
    )
    before: float | None = Field(description="The figure in the baseline, where it is one.")
    now: float | None = Field(description="The figure in the window.")


class DriftFigures(Answer):
    """A window of posts that a version has read, against its baseline; fallbacks' readings are left out."""

    posts: int = Field(description="Posts of the window.")
    baseline_posts: int = Field(description="Posts of the baseline.")
    signals: list[SignalAnswer] = Field(description="Every signal.")
    beyond: int = Field(description="Signals surely beyond what matters.")
    perhaps: int = Field(description="Signals that are, surely or perhaps.")
    jensen_shannon: float | None = Field(description="Divergence of the labels, in bits.")
    mean_shift: float | None = Field(description="Distance of the mean vectors, in standard deviations.")
    reference_energy: float | None = Field(description="Energy coefficient to the version's training rows.")
    reference_mean_shift: float | None = Field(description="Distance of the mean vectors to theirs.")
    labelled: int = Field(description="Labels people gave in the window.")
    agreement: float | None = Field(description="Share of them the model agrees with.")
    agreement_interval: tuple[float, float] = Field(description="Its 95 % Wilson interval.")


class LookPoint(Answer):
    """A look that was taken before."""

    at: datetime = Field(description="End of its window.")
    beyond: int = Field(description="Signals surely beyond what matters.")
    posts: int = Field(description="Posts of its window.")
    signals: dict[str, float] = Field(description="The shift of each signal.")


class DriftAnswer(Answer):
    """The report on a version: drift and performance."""

    model: str = Field(description="The version, as `key@version`.")
    stage: str = Field(description="candidate, shadow, production or archived.")
    at: datetime = Field(description="End of the window.")
    window_minutes: int = Field(description="Length of the window.")
    baseline_minutes: int = Field(description="Length of the baseline before it.")
    topic: int | None = Field(description="Only posts about this topic.")
    drift: DriftFigures = Field(description="The look taken now.")
    looks: list[LookPoint] = Field(description="Looks of the last 30 days, the oldest first.")
    measured: dict[str, Any] = Field(description="As its manifest states it, each figure with its interval.")
    shadow: dict[str, Any] | None = Field(
        description="Posts it read beside the headlines, and on how many it agrees; null: none."
    )
