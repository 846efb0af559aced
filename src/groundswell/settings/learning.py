"""Settings: what people say of the predictions, and what is learned from it."""

import re
from pathlib import Path

from pydantic import field_validator

from groundswell.settings.form import Group, setting

_CRON = re.compile(r"(?:\*|[0-9A-Za-z]+(?:-[0-9A-Za-z]+)?)(?:/\d+)?(?:,[0-9A-Za-z*/-]+)*")


def is_cron(text: str) -> bool:
    """Tell whether a text has the five fields of crontab(5)."""
    fields = text.split()
    return len(fields) == 5 and all(_CRON.fullmatch(field) for field in fields)


class Learning(Group):
    """Learning."""

    double_coding: float = setting(
        0.1,
        "Share of the posts in a label queue that two people label, neither seeing what the other says.",
        "GROUNDSWELL_DOUBLE_CODING",
        ge=0,
        le=1,
    )
    min_feedback: int = setting(
        10, "New items of feedback below which nothing is retrained.", "MIN_FEEDBACK", ge=1
    )
    retrain_cron: str = setting(
        "0 3 * * 0",
        "When to look whether to retrain, in UTC as cron writes it; empty: only when asked.",
        "GROUNDSWELL_RETRAIN_CRON",
    )
    training_seconds: float = setting(
        3600.0, "Seconds a training job may take.", "GROUNDSWELL_TRAINING_SECONDS", gt=0
    )
    training_memory: int = setting(
        2048, "Megabytes a training job may take.", "GROUNDSWELL_TRAINING_MEMORY", ge=256
    )
    finetune_base: Path | None = setting(
        None,
        "Folder of the encoder that a retraining of the kind finetune starts from.",
        "GROUNDSWELL_FINETUNE_BASE",
    )
    gate_margin: float = setting(
        0.03,
        "Share by which macro-recall on base rows may fall, at the lower bound of its interval.",
        "GROUNDSWELL_GATE_MARGIN",
        gt=0,
        lt=1,
    )
    gate_slice_margin: float = setting(
        0.08, "Share by which any slice may fall.", "GROUNDSWELL_GATE_SLICE_MARGIN", gt=0, lt=1
    )
    gate_feedback: str = setting(
        "not-worse",
        "What feedback must say of a candidate: not-worse or better.",
        "GROUNDSWELL_GATE_FEEDBACK",
    )

    @field_validator("gate_feedback")
    @classmethod
    def _known_demand(cls, demand: str) -> str:
        if demand not in {"not-worse", "better"}:
            raise ValueError("not-worse or better")
        return demand

    @field_validator("retrain_cron")
    @classmethod
    def _five_fields(cls, cron: str) -> str:
        if cron and not is_cron(cron):
            raise ValueError("five fields as cron writes them, e.g. 0 3 * * 0")
        return cron
