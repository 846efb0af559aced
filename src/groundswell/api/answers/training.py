"""Training jobs and what is asked of them, as they are answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from groundswell.api.answers.listing import Answer
from groundswell.store.training import Kind, Status, TrainingJob

By = Field(default="api", max_length=200, description="Who asks; kept with the job.")


class DecisionAnswer(Answer):
    """What the gate decided, and on which evidence."""

    promoted: bool = Field(description="Whether the candidate went into production.")
    outcome: Literal["promoted", "refused", "shadowed", "passed"] = Field(
        description="What became of the candidate; passed: it may be promoted, and was not asked to be."
    )
    candidate: str = Field(description="The version that was made, as `key@version`.")
    champion: str = Field(description="The version in production it was judged against.")
    reasons: list[str] = Field(description="The decision and why, in sentences.")
    evidence: dict[str, Any] = Field(description="Every number it rests on, with intervals.")


class JobAnswer(Answer):
    """One training job."""

    name: str = Field(description="Its name.")
    kind: Kind = Field(
        description="head, tfidf, finetune: a retraining; bootstrap: a first model; evaluate: an evaluation."
    )
    model: str = Field(description="The model that is trained or judged.")
    status: Status = Field(description="queued, running, completed, failed or cancelled.")
    progress: float = Field(description="How far it is, 0 to 1.")
    asked_by: str = Field(description="Who asked for it.")
    created_at: datetime = Field(description="When it was asked for.")
    started_at: datetime | None = Field(description="When it was begun.")
    ended_at: datetime | None = Field(description="When it ended.")
    log_tail: list[str] = Field(description="The last lines of its log.")
    error: str | None = Field(description="Why it failed.")
    metrics: dict[str, Any] = Field(description="Figures with intervals, by data set.")
    decision: DecisionAnswer | None = Field(description="What the gate decided; null: nothing yet.")

    @classmethod
    def of(cls, job: TrainingJob) -> Self:
        """Shape a job."""
        names = set(cls.model_fields) - {"log_tail", "metrics", "decision"}
        return cls(
            **{name: getattr(job, name) for name in names},
            log_tail=list(job.log),
            metrics=dict(job.metrics),
            decision=_decision(job.decision),
        )


def _decision(found: Mapping[str, Any] | None) -> DecisionAnswer | None:
    return DecisionAnswer(**found) if found else None


class RetrainRequest(BaseModel):
    """What to train."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kind": "head"}]})

    kind: Literal["head", "tfidf", "finetune"] = Field(
        default="head",
        description="head: from feedback, in seconds; tfidf, finetune: a whole version, from feedback and the texts "
        "of GROUNDSWELL_DATA.",
    )
    model: str | None = Field(
        default=None,
        max_length=200,
        description="Its key; null: the one that answers, for the kind tfidf that model.",
    )
    shadow: bool = Field(
        default=False,
        description="A candidate that passes reads beside production first, and is not promoted.",
    )
    by: str = By


class EvaluateRequest(BaseModel):
    """What to judge, and on what."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"data": "gate"}]})

    model: str | None = Field(
        default=None, max_length=200, description="`key` or `key@version`; null: what is in production."
    )
    data: str = Field(
        default="gate",
        max_length=200,
        description="gate: its base rows; feedback: what it was not fitted on; or a file of GROUNDSWELL_DATA, "
        "as sentiment/dev.",
    )
    by: str = By


class EndpointAnswer(Answer):
    """Whether a model answers."""

    status: Literal["Creating", "InService", "Failed"] = Field(
        description="Creating: the first one is being trained; InService: it answers; Failed: there is none."
    )
    model: str = Field(description="Its key.")
    version: str | None = Field(description="The version in production.")
    job: str | None = Field(description="The last job that trained a first model.")
    message: str = Field(description="One sentence that says the same to people.")
