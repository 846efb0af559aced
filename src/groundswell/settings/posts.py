"""Settings: where posts come from, the way they go, how long they are kept, and what is told of them."""

import os

from pydantic import SecretStr, field_validator

from groundswell.settings.form import Group, setting


class Privacy(Group):
    """Privacy."""

    pseudonym_key: SecretStr | None = setting(
        None,
        "Key of pseudonyms and post keys; `up` makes one, an external database requires it.",
        "GROUNDSWELL_PSEUDONYM_KEY",
    )
    retention_days: int = setting(
        0, "Days posts are kept after ingestion; 0 keeps them for ever.", "GROUNDSWELL_RETENTION_DAYS", ge=0
    )
    retention_sources: str = setting(
        "",
        "Days for single sources, as bluesky=30,file=365; 0 keeps a source's posts for ever.",
        "GROUNDSWELL_RETENTION_SOURCES",
    )

    @field_validator("retention_sources")
    @classmethod
    def _days_by_source(cls, text: str) -> str:
        for entry in filter(None, (part.strip() for part in text.split(","))):
            source, _, days = entry.rpartition("=")
            if not source or not days.strip().isdecimal():
                raise ValueError("days by source, as bluesky=30,file=365")
        return text

    @property
    def source_retention(self) -> dict[str, int]:
        """Days that posts of single sources are kept; 0: for ever."""
        entries = [part.rpartition("=") for part in self.retention_sources.split(",") if part.strip()]
        return {source.strip(): int(days) for source, _, days in entries}


class Stream(Group):
    """Stream and workers."""

    stream_name: str = setting("social_posts", "Name of the stream of posts.", "REDIS_STREAM_NAME")
    consumer_group: str = setting(
        "sentiment_workers", "Name of the workers' consumer group.", "REDIS_CONSUMER_GROUP"
    )
    stream_max_entries: int = setting(
        100_000, "Backlog at which new posts are refused with 429.", "GROUNDSWELL_STREAM_MAX", ge=1
    )
    workers: int = setting(
        0,
        "Worker processes under `up`; 0 means one less than the cores, at least one.",
        "GROUNDSWELL_WORKERS",
        ge=0,
    )
    batch_posts: int = setting(
        512, "Most posts a worker reads at once.", "GROUNDSWELL_BATCH", ge=1, le=10_000
    )
    claim_idle_seconds: float = setting(
        15.0,
        "Seconds after which a delivery of a silent worker is claimed by another.",
        "GROUNDSWELL_CLAIM_IDLE_SECONDS",
        gt=0,
    )
    max_deliveries: int = setting(
        5, "Deliveries after which an entry that never settled is parked.", "GROUNDSWELL_MAX_DELIVERIES", ge=1
    )
    parking_limit: int = setting(
        50,
        "Posts parked within five minutes at which a worker stops and raises an alarm.",
        "GROUNDSWELL_PARKING_LIMIT",
        ge=1,
    )
    live_entries: int = setting(
        10_000, "Entries kept in the stream of the live feed.", "GROUNDSWELL_LIVE_ENTRIES", ge=100
    )
    failpoint: str = setting(
        "", "For tests: where a worker ends itself as if killed.", "GROUNDSWELL_FAILPOINT"
    )

    @property
    def worker_count(self) -> int:
        """Worker processes that `up` starts."""
        return self.workers or max(1, (os.cpu_count() or 2) - 1)


class Sources(Group):
    """Sources."""

    jetstreams: str = setting(
        "",
        "Addresses of Jetstream servers, comma-separated; empty means the public ones of Bluesky.",
        "GROUNDSWELL_JETSTREAMS",
    )
    languages: str = setting(
        "",
        "Languages of the posts kept from a network, comma-separated, e.g. en,de; empty keeps all.",
        "GROUNDSWELL_LANGUAGES",
    )
    stall_seconds: float = setting(
        60.0,
        "Seconds of silence after which a network is connected to anew.",
        "GROUNDSWELL_STALL_SECONDS",
        gt=0,
    )
    posts_per_minute: float = setting(60.0, "Rate of the synthetic source.", "POSTS_PER_MINUTE", gt=0)


class Alerts(Group):
    """Alerts."""

    alert_threshold: float = setting(
        0.4, "Negative share that opens an alert.", "ALERT_THRESHOLD", gt=0, lt=1
    )
    alert_window_minutes: int = setting(
        5, "Minutes the negative share is taken over.", "ALERT_WINDOW_MINUTES", ge=1
    )
    public_url: str = setting(
        "",
        "Address people reach this installation at, for links in messages; empty means that of the API.",
        "GROUNDSWELL_PUBLIC_URL",
    )
    outbound_allow: str = setting(
        "",
        "Targets of messages inside this network: names, name:port, or networks as 10.0.0.0/8, "
        "comma-separated.",
        "GROUNDSWELL_OUTBOUND_ALLOW",
    )
