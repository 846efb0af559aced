"""Saved views, as they are asked for and as they are answered."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from groundswell.api.answers.listing import Answer
from groundswell.api.answers.topics import Name

MAX_QUERY_CHARACTERS = 2_000

Query = Annotated[str, StringConstraints(max_length=MAX_QUERY_CHARACTERS, pattern=r"^[^\x00-\x1f?#]*$")]


class SavedViewIn(BaseModel):
    """A name for what is chosen on the dashboard's live page."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "Refunds this week", "query": "window=week&sentiment=negative&q=refund"}]
        },
    )

    name: Name = Field(description="What people call it; no two saved views have the same name.")
    query: Query = Field(
        description="What was chosen, as it stands in the page's address behind the `?`; empty: nothing."
    )


class SavedViewAnswer(Answer):
    """A saved view."""

    id: int = Field(description="Its number.")
    name: str = Field(description="What people call it.")
    query: str = Field(description="The page `/?QUERY` shows it.")
    created_at: datetime = Field(description="When it was saved.")
