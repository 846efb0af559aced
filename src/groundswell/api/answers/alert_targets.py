"""Where messages of alerts go, as it is asked for and as it is answered."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from groundswell.api.answers.listing import Answer
from groundswell.api.answers.topics import Name
from groundswell.core.alert import Target, TargetKind


class TargetIn(BaseModel):
    """Where messages go."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "ops", "kind": "webhook", "url": "https://example.org/hook"}]
        },
    )

    name: Name = Field(description="What people call it; no two targets have the same name.")
    kind: TargetKind = Field(
        description="`webhook`: signed as Standard Webhooks say; `apprise`: mail, Slack, Discord, Teams, Telegram …"
    )
    url: str = Field(
        min_length=1, max_length=2000, pattern=r"^[^\x00-\x20]+$",
        description="The webhook's address, or what Apprise calls a URL, e.g. `slack://…`.",
    )  # fmt: skip
    enabled: bool = Field(default=True, description="False: nothing is sent.")


class TargetAnswer(Answer):
    """A target; its address may hold secrets and is not repeated."""

    id: int = Field(description="Its number.")
    name: str = Field(description="Its name.")
    kind: TargetKind = Field(description="What it is.")
    scheme: str = Field(description="The first part of its address.")
    enabled: bool = Field(description="Whether messages go there.")
    created_at: datetime = Field(description="When it was created.")
    last_at: datetime | None = Field(description="When a message last went there.")
    last_error: str = Field(description="What went wrong then; empty: nothing.")

    @classmethod
    def of(cls, target: Target) -> Self:
        """Shape a target."""
        shown = {name: getattr(target, name) for name in cls.model_fields if hasattr(target, name)}
        return cls(**shown, scheme=target.url.partition(":")[0])


class NewTargetAnswer(TargetAnswer):
    """A new target, with the secret that is shown this once."""

    secret: str = Field(description="What signs its webhooks; shown only now. Empty for Apprise.")
