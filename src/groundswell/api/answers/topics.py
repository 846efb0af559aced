"""Topics, as they are asked for and as they are answered."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from groundswell.api.answers.listing import Answer
from groundswell.core.topic import MAX_TERM_CHARACTERS, MAX_TERMS
from groundswell.store.topics import TopicRow

MAX_NAME_CHARACTERS = 100

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=MAX_NAME_CHARACTERS, pattern=r"^[^\x00-\x1f]+$"
    ),
]
Term = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=MAX_TERM_CHARACTERS, pattern=r"^[^\x00]+$"
    ),
]


def _once(terms: list[str]) -> list[str]:
    """Keep the first of equal terms."""
    return list(dict.fromkeys(terms))


Terms = Annotated[list[Term], Field(max_length=MAX_TERMS), AfterValidator(_once)]

ANY = "A post must contain at least one of these words, phrases or hashtags."
ALL = "A post must contain each of these."
NONE = "A post must contain none of these."


class TopicIn(BaseModel):
    """A topic to track. Case does not matter and words match whole; `launch` also finds `#launch`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "launch", "any": ["launch", "lift off"], "all": [], "none": ["rehearsal"]}]
        },
    )

    name: Name = Field(description="What people call it; no two topics have the same name.")
    any: Terms = Field(default=[], description=ANY)
    all: Terms = Field(default=[], description=ALL)
    none: Terms = Field(default=[], description=NONE)

    @model_validator(mode="after")
    def _finds_something(self) -> Self:
        if not self.any and not self.all:
            raise ValueError("a topic needs at least one term under 'any' or 'all'")
        return self


class TopicChange(BaseModel):
    """What to change of a topic; what is not given stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name | None = Field(default=None, description="Its new name.")
    any: Terms | None = Field(default=None, description=ANY)
    all: Terms | None = Field(default=None, description=ALL)
    none: Terms | None = Field(default=None, description=NONE)

    def applied_to(self, row: TopicRow) -> dict[str, Any]:
        """Return the topic as it will be, still to be validated."""
        topic = row.topic
        present = {
            "name": topic.name,
            "any": list(topic.any),
            "all": list(topic.all),
            "none": list(topic.none),
        }
        return present | self.model_dump(exclude_none=True)


class TopicAnswer(Answer):
    """A topic."""

    id: int = Field(description="Its number.")
    name: str = Field(description="Its name.")
    any: list[str] = Field(description=ANY)
    all: list[str] = Field(description=ALL)
    none: list[str] = Field(description=NONE)
    created_at: datetime = Field(description="When it was created.")
    matched_since: datetime | None = Field(
        description="Posts that came in since then are matched, older ones are being; null: all are."
    )

    @classmethod
    def of(cls, row: TopicRow) -> Self:
        """Shape a topic."""
        topic = row.topic
        return cls(
            id=topic.id,
            name=topic.name,
            any=list(topic.any),
            all=list(topic.all),
            none=list(topic.none),
            created_at=row.created_at,
            matched_since=row.matched_since,
        )
