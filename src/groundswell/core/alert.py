"""The words for alerts: a rule says when to call, an incident is one call, from opening to its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal, get_args
from uuid import UUID

from groundswell.core.mood import EMOTIONS, SENTIMENTS

AlertType = Literal["negative_share", "emotion_share", "change", "volume", "silence", "drift", "system"]
ALERT_TYPES: tuple[AlertType, ...] = get_args(AlertType)
SHARE_TYPES: frozenset[AlertType] = frozenset({"negative_share", "emotion_share", "change"})
"""Those that speak of a share of the posts, and can say why it moved."""

EXPLAINED: frozenset[AlertType] = SHARE_TYPES | {"volume"}
"""Those that can be explained by posts."""

Severity = Literal["info", "warning", "critical"]
Status = Literal["open", "acknowledged", "resolved"]
STATUSES: tuple[Status, ...] = get_args(Status)

LABELS: tuple[str, ...] = (*SENTIMENTS, *(f"emotion:{name}" for name in EMOTIONS))
"""What a share may be of; an emotion is written with its kind, because both have a `neutral`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """When to call. Shares and changes are fractions; what a type has no use for is ignored."""

    name: str
    type: AlertType
    enabled: bool = True
    #: share, change of share, factor of volume, minutes of silence, or seconds of backlog
    threshold: float = 0.4
    window_minutes: int = 5
    #: what `change` compares with: so many minutes before the window
    baseline_minutes: int = 60
    #: one of `LABELS`: whose share
    label: str = "negative"
    topic: int | None = None
    source: str | None = None
    lang: str | None = None
    min_posts: int = 15
    #: alarms a day that chance alone may raise, at most, when the true value lies on the threshold
    false_alarms_per_day: float = 4.0
    #: an incident ends when the value is so far inside the threshold
    hysteresis: float = 0.05
    #: so long after an incident no new one is opened
    cooldown_minutes: int = 30
    severity: Severity = "warning"
    muted_until: datetime | None = None
    #: in these hours (UTC) incidents are kept and shown, and sent when the hours end
    quiet_from: time | None = None
    quiet_to: time | None = None

    @property
    def window(self) -> timedelta:
        """Length of the window."""
        return timedelta(minutes=self.window_minutes)

    def muted(self, at: datetime) -> bool:
        """Tell whether the rule is not to open incidents at `at`."""
        return self.muted_until is not None and at < self.muted_until

    def quiet(self, at: datetime) -> bool:
        """Tell whether nothing is to be sent at `at`; hours may reach over midnight."""
        if self.quiet_from is None or self.quiet_to is None:
            return False
        moment = at.time()
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= moment < self.quiet_to
        return moment >= self.quiet_from or moment < self.quiet_to


@dataclass(frozen=True, kw_only=True, slots=True)
class Incident:
    """One call, with everything that was known when it was made."""

    id: UUID
    #: None: the rule is gone
    rule_id: int | None
    alert_type: AlertType
    message: str
    severity: Severity
    status: Status
    threshold_value: float
    actual_value: float
    interval: tuple[float, float]
    window_start: datetime
    window_end: datetime
    post_count: int
    #: the end of the window that raised it
    triggered_at: datetime
    created_at: datetime
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    #: JSON; posts stand in it by their ids, so that an erased post is gone from here too
    details: Mapping[str, object] = field(default_factory=dict)


TargetKind = Literal["webhook", "apprise"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where messages go."""

    id: int
    name: str
    kind: TargetKind
    #: https://… of a webhook, or what Apprise calls a URL; both may hold secrets
    url: str = field(repr=False)
    #: signs webhooks: `whsec_` and base64
    secret: str = field(repr=False)
    enabled: bool = True
    created_at: datetime
    #: the last delivery: when, and what went wrong (empty: nothing)
    last_at: datetime | None = None
    last_error: str = ""
