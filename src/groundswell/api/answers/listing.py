"""The form of every list: `data`, and `metadata` that says where in the whole it stands."""

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item", bound=BaseModel)

MAX_LIMIT = 500
MAX_OFFSET = 2**31 - 1

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Most items in the answer.")]
Offset = Annotated[
    int, Query(ge=0, le=MAX_OFFSET, description="Items to skip; far into a list a cursor is faster.")
]


class Answer(BaseModel):
    """What every answer is: a value."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class ListMetadata(Answer):
    """Where in the whole a list stands."""

    total: int = Field(description="Items in all, whatever the page.")
    total_is_lower_bound: bool = Field(
        default=False, description="True: there are more than `total`, counting stopped there."
    )
    limit: int = Field(description="Most items in one answer, as asked for.")
    offset: int = Field(description="Items skipped, as asked for.")
    next_cursor: str | None = Field(
        default=None, description="Hand it back as `cursor` for the next page; null at the end."
    )


class Listing(Answer, Generic[Item]):
    """Some items in a row."""

    data: list[Item] = Field(description="The items.")
    metadata: ListMetadata = Field(description="Where in the whole they stand.")
