"""Alert rules, alerts and targets, as they are asked for and as they are answered."""

from dataclasses import asdict
from datetime import datetime, time
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from groundswell.alerts.backtest import Firing
from groundswell.api.answers.listing import Answer
from groundswell.api.answers.topics import Name
from groundswell.core.alert import AlertType, Incident, Rule, Severity, Status
from groundswell.core.mood import SCORE_UNIT, SENTIMENTS, Sentiment
from groundswell.store.alert_rules import RuleRow
from groundswell.store.alerts import Change
from groundswell.views.contrast import Shown

RuleType = Literal["negative_share", "emotion_share", "change", "volume", "silence", "drift", "system"]
Label = Literal[
    "negative", "neutral", "positive", "emotion:anger", "emotion:disgust", "emotion:fear", "emotion:joy",
    "emotion:neutral", "emotion:sadness", "emotion:surprise",
]  # fmt: skip
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Day = 24 * 60
USUAL: dict[str, dict[str, float]] = {
    "emotion_share": {"threshold": 0.3},
    "change": {"threshold": 0.15},
    "volume": {"threshold": 3.0},
    "silence": {"threshold": 10.0},
    "system": {"threshold": 60.0},
    "drift": {"threshold": 1.0, "window_minutes": Day, "baseline_minutes": 7 * Day, "min_posts": 100},
}
"""What a rule of a type begins with where it differs from the default rule's; drift is slow."""
BOUNDS: dict[str, tuple[float, float, str]] = {
    "volume": (1.01, 1_000_000, "a volume rule's threshold is a factor, more than 1"),
    "silence": (1, 7 * Day, "a silence rule's threshold is in minutes, 1 to 10080"),
    "system": (1, 1_000_000, "a system rule's threshold is in seconds, 1 or more"),
    "drift": (1, 7, "a drift rule's threshold is a number of signals, 1 to 7"),
}
SHARE = (0, 0.999_999, "a share's threshold is a fraction, less than 1")


class RuleIn(BaseModel):
    """When to call. A share rule calls when it is sure: the bound of an interval, not a number, must pass."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        from_attributes=True,
        json_schema_extra={
            "examples": [{"name": "Angry about the launch", "type": "negative_share", "threshold": 0.5}]
        },
    )

    name: Name = Field(description="What people call it; no two rules have the same name.")
    type: RuleType = Field(
        description="`negative_share` and `emotion_share`: the share of `label` is over `threshold`; `change`: it "
        "moved by more than `threshold` against the baseline, up or down; `volume`: `threshold` times the posts "
        "of the same minutes of past days; `silence`: no post for `threshold` minutes; `drift`: at least `threshold` "
        "signals of drift in what the model is given, says, or is told by people; `system`: posts wait for more "
        "than `threshold` seconds."
    )
    enabled: bool = Field(default=True, description="False: it opens nothing.")
    threshold: float = Field(
        default=0.4,
        gt=0,
        le=1_000_000,
        description="Without one: `emotion_share` 0.3, `change` 0.15 (fractions), `volume` 3 (times), `silence` 10 "
        "(minutes), `system` 60 (seconds), `drift` 1 (signals).",
    )
    window_minutes: int = Field(default=5, ge=1, le=Day, description="Length of the window, up to now.")
    baseline_minutes: int = Field(
        default=60, ge=1, le=7 * Day, description="What the window is compared with: so long before it."
    )
    label: Label = Field(default="negative", description="Whose share; `emotion_share` needs one.")
    topic: int | None = Field(default=None, ge=1, le=2**31 - 1, description="Only posts about this topic.")
    source: Word | None = Field(default=None, description="Only posts of this source.")
    lang: Word | None = Field(default=None, description="Only posts in this language.")
    min_posts: int = Field(default=15, ge=1, le=1_000_000, description="Fewer posts say nothing.")
    false_alarms_per_day: float = Field(
        default=4.0,
        gt=0,
        le=1000,
        description="How many calls a day chance alone may make at most, were the true share to lie on the "
        "threshold. Smaller is surer and later.",
    )
    hysteresis: float = Field(
        default=0.05, ge=0, lt=1, description="An alert ends when the value is so far inside the threshold."
    )
    cooldown_minutes: int = Field(default=30, ge=0, le=7 * Day, description="Pause after an alert has ended.")
    severity: Severity = Field(default="warning", description="How bad it is.")
    muted_until: datetime | None = Field(default=None, description="Until then it opens nothing.")
    quiet_from: time | None = Field(default=None, description="From then on (UTC) messages wait …")
    quiet_to: time | None = Field(
        default=None, description="… until then; what has ended by then is not sent."
    )

    @model_validator(mode="before")
    @classmethod
    def _usual(cls, given: Any) -> Any:
        """Begin with what is usual for the type, where nothing else is said."""
        if not isinstance(given, dict):
            return given
        if given.get("type") == "emotion_share" and "label" not in given:
            raise ValueError("an emotion_share rule needs a label, e.g. 'emotion:anger'")
        return {**USUAL.get(str(given.get("type")), {}), **given}

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        least, most, says = BOUNDS.get(self.type, SHARE)
        if not least <= self.threshold <= most:
            raise ValueError(says)
        if self.type == "negative_share" and self.label != "negative":
            raise ValueError(
                "the label of a negative_share rule is 'negative'; take the type emotion_share or change"
            )
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet hours need both 'quiet_from' and 'quiet_to'")
        if self.muted_until is not None and self.muted_until.tzinfo is None:
            raise ValueError("'muted_until' needs a time zone")
        return self

    def rule(self) -> Rule:
        """Return the rule."""
        return Rule(**self.model_dump())


class RuleAnswer(RuleIn):
    """A rule."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True, json_schema_extra={})

    id: int = Field(description="Its number.")
    from_settings: bool = Field(
        description="True: nobody has changed it, and it follows ALERT_THRESHOLD and ALERT_WINDOW_MINUTES."
    )
    created_at: datetime = Field(description="When it was created.")
    updated_at: datetime = Field(description="When it was last changed.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        """Show what is stored as it is, also where it would be refused today."""
        return self

    @classmethod
    def of(cls, row: RuleRow) -> Self:
        """Shape a rule."""
        return cls(
            **asdict(row.rule),
            id=row.id,
            from_settings=row.from_settings,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class TermAnswer(Answer):
    """A term that posts use more now than before."""

    term: str = Field(description="A word, a hashtag, or two neighbouring words.")
    z: float = Field(description="How surely: the z-score of its log-odds (Monroe et al. 2008).")
    count: int = Field(description="Posts that use it now.")
    baseline_count: int = Field(description="Posts that used it before.")


class EffectAnswer(Answer):
    """What one group adds to the change."""

    name: str = Field(description="The group.")
    effect: float = Field(description="As a fraction of all posts.")


class SplitAnswer(Answer):
    """A change along one dimension; all effects together are the change."""

    mix: list[EffectAnswer] = Field(description="Because there are more or fewer posts of a group.")
    rate: list[EffectAnswer] = Field(description="Because the share inside a group moved.")


class WholeAnswer(Answer):
    """One of the two spans."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True, populate_by_name=True)

    start: datetime = Field(alias="from", description="Begin, included.")
    end: datetime = Field(alias="to", description="End, excluded.")
    total: int = Field(description="Posts.")
    count: int = Field(description="Posts with the label.")
    share: float | None = Field(description="Their share; null of nothing.")
    interval: tuple[float, float] = Field(description="95 % interval of the share (Wilson).")


class ShownPost(Answer):
    """A post that shows it."""

    id: UUID = Field(description="The post.")
    source: str | None = Field(default=None, description="Where it is from.")
    content: str | None = Field(default=None, description="What it says.")
    sentiment: Sentiment | None = Field(default=None, description="How it was read.")
    confidence: float | None = Field(default=None, description="How surely.")
    created_at: datetime | None = Field(default=None, description="When it was written.")

    @classmethod
    def of(cls, post: Shown) -> Self:
        """Shape a post."""
        return cls(
            id=post.id,
            source=post.source,
            content=post.content,
            sentiment=SENTIMENTS[post.sentiment],
            confidence=max(post.scores) / SCORE_UNIT,
            created_at=post.created_at,
        )


class Reasons(Answer):
    """Why a share moved between two spans; computed from the posts, and computable again."""

    now: WholeAnswer | None = Field(default=None, description="The window.")
    baseline: WholeAnswer | None = Field(default=None, description="What it is compared with.")
    change: float | None = Field(
        default=None, description="The change of the share; null where a span is empty."
    )
    terms: list[TermAnswer] = Field(default=[], description="Over-represented terms, the most telling first.")
    splits: dict[str, SplitAnswer] = Field(
        default={},
        description="The change by source, language and topic. A post about several topics counts under the oldest; "
        "those about none are `other`.",
    )
    near_duplicate_share: float | None = Field(
        default=None, description="Share of the posts in question that nearly copy an earlier one."
    )
    distinct_authors: int | None = Field(
        default=None, description="Different authors of the posts in question."
    )
    posts: list[ShownPost] = Field(default=[], description="The posts that show it best and are still there.")
    sampled: bool = Field(default=False, description="True: terms and copies are of a random sample.")


class AlertDetails(Reasons):
    """What was known when the alert was raised."""

    rule: dict[str, Any] = Field(description="The rule as it was.")
    topic: int | None = Field(description="The rule's topic.")
    level: float = Field(description="Level of `interval`; it follows from how often the rule is evaluated.")
    past_days: list[int] = Field(
        default=[], description="Of a volume rule: posts in the same minutes of past days."
    )
    drift: dict[str, Any] | None = Field(default=None, description="Of a drift rule: the look, its figures.")


class ChangeAnswer(Answer):
    """One entry of an alert's history."""

    at: datetime = Field(description="When.")
    status: Status = Field(description="What it became.")
    reason: str = Field(description="Why.")


class AlertAnswer(Answer):
    """An alert."""

    id: UUID = Field(description="Its id.")
    alert_type: AlertType = Field(description="The type of its rule.")
    message: str = Field(description="One sentence for people: number, interval, reason.")
    severity: Severity = Field(description="How bad it is.")
    status: Status = Field(description="`resolved` when it has ended.")
    threshold_value: float = Field(description="The rule's threshold.")
    actual_value: float = Field(description="The value that passed it.")
    interval: tuple[float, float] = Field(description="Interval of the value, at the level in `details`.")
    window_start: datetime = Field(description="Begin of the window.")
    window_end: datetime = Field(description="End of the window: how far analysis had come.")
    post_count: int = Field(description="Posts in the window.")
    triggered_at: datetime = Field(description="The end of the window that raised it.")
    created_at: datetime = Field(description="When it was stored.")
    acknowledged_at: datetime | None = Field(description="When somebody took it.")
    resolved_at: datetime | None = Field(description="When it ended.")
    details: AlertDetails = Field(description="The rule, and why.")
    history: list[ChangeAnswer] = Field(
        default=[], description="What happened to it; in lists it is left out."
    )

    @classmethod
    def of(cls, incident: Incident, posts: list[Shown], history: list[Change] | None = None) -> Self:
        """Shape an alert with the posts that are still there."""
        shown = {str(post.id): ShownPost.of(post) for post in posts}
        kept: Any = incident.details
        details = {**kept, "posts": [shown[id_] for id_ in kept.get("posts", ()) if id_ in shown]}
        values = {name: getattr(incident, name) for name in cls.model_fields if hasattr(incident, name)}
        return cls(
            **{**values, "details": AlertDetails.model_validate(details)},
            history=[ChangeAnswer.model_validate(change) for change in history or ()],
        )


class FiringAnswer(Answer):
    """An alert that a rule would have raised."""

    opened_at: datetime = Field(description="When it would have been raised.")
    resolved_at: datetime | None = Field(description="When it would have ended; null: not by the end.")
    value: float = Field(description="The value.")
    interval: tuple[float, float] = Field(description="Its interval, at the rule's level.")
    post_count: int = Field(description="Posts in the window.")

    @classmethod
    def of(cls, firing: Firing) -> Self:
        """Shape it."""
        return cls.model_validate(firing)


class BacktestAnswer(Answer):
    """What a rule would have done."""

    data: list[FiringAnswer] = Field(description="The alerts it would have raised, oldest first.")


class TestAnswer(Answer):
    """What a test found and did."""

    __test__ = False

    state: Literal["beyond", "calm", "unsure"] = Field(description="What the rule says now.")
    value: float = Field(description="The value now.")
    interval: tuple[float, float] = Field(description="Its interval.")
    post_count: int = Field(description="Posts in the window now.")
    reason: str = Field(description="Why it is unsure.")
    messages: int = Field(description="Test messages queued, one for each enabled target.")
