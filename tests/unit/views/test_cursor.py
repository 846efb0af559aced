"""A cursor is read as it was written; anything else is refused."""

import base64
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.core.errors import InvalidInput
from groundswell.views.cursor import Cursor

cursors = st.builds(
    Cursor,
    order=st.sampled_from(["newest", "oldest"]),
    clock=st.sampled_from(["ingested", "created"]),
    moment=st.datetimes(timezones=st.just(UTC)),
    id=st.uuids(),
)


@given(cursors)
def test_it_is_read_as_it_was_written(cursor: Cursor) -> None:
    text = cursor.encode()
    assert Cursor.decode(text) == cursor
    assert text.replace("-", "").replace("_", "").isalnum() and text.isascii()


def encoded(body: str) -> str:
    return base64.urlsafe_b64encode(body.encode()).decode()


ID = "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "not base64!",
        "é",
        encoded("no json"),
        encoded("{}"),
        encoded("[1, 2]"),
        encoded("[1, 2, 3, 4]"),
        encoded(f'["sideways", "created", "2026-01-01T00:00:00+00:00", "{ID}"]'),
        encoded(f'["newest", "wall", "2026-01-01T00:00:00+00:00", "{ID}"]'),
        encoded(f'["newest", "created", "2026-01-01T00:00:00", "{ID}"]'),
        encoded(f'["newest", "created", "yesterday", "{ID}"]'),
        encoded('["newest", "created", "2026-01-01T00:00:00+00:00", "me"]'),
        encoded(f'[["newest"], "created", "2026-01-01T00:00:00+00:00", "{ID}"]'),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Cursor.decode(text)
    assert refused.value.details == {"parameter": "cursor"}


@given(st.text())
def test_no_text_is_more_than_refused(text: str) -> None:
    try:
        Cursor.decode(text)
    except InvalidInput:
        return
