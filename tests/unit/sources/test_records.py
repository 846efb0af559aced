"""Rows become events: columns given or guessed, ids made where there are none, times of many forms."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from groundswell.core.errors import BadFile, BadSource
from groundswell.core.incoming import RawEvent, RawPost
from groundswell.files.row import Row
from groundswell.sources.moments import moment
from groundswell.sources.records import Naming, Records, Unusable, parse_columns

NOON = datetime(2018, 10, 10, 12, tzinfo=UTC)


def event(values: dict[str, object], *, columns: dict[str, str] | None = None, number: int = 1) -> RawEvent:
    records = Records(Naming(columns=columns or {}), file_name="posts.jsonl")
    return records.event(Row(number, number, values))


def fields(values: dict[str, object], **given: str) -> dict[str, object]:
    raw = event(values, columns=given)
    assert isinstance(raw, RawPost)
    return dict(raw.fields)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2018-10-10T12:00:00Z", NOON),
        ("2018-10-10 12:00:00", NOON),
        ("2018-10-10 12:00:00 UTC", NOON),
        ("2018-10-10T14:00:00+02:00", NOON),
        ("Wed Oct 10 12:00:00 +0000 2018", NOON),
        ("Wed, 10 Oct 2018 12:00:00 GMT", NOON),
        (1539172800, NOON),
        (1539172800.0, NOON),
        ("1539172800", NOON),
        (1539172800_000, NOON),
        (1539172800_000_000, NOON),
        (1539172800_000_000_000, NOON),
        ("2018-10-10", NOON.replace(hour=0)),
        ("20181010", NOON.replace(hour=0)),
        (date(2018, 10, 10), NOON.replace(hour=0)),
        (datetime(2018, 10, 10, 12), NOON),  # noqa: DTZ001
        (NOON.astimezone(timezone(timedelta(hours=3))), NOON),
        ("yesterday", None),
        ("", None),
        (True, None),
        (10**40, None),
        (float("nan"), None),
        (["2018-10-10"], None),
    ],
)
def test_times_of_many_forms(value: object, expected: datetime | None) -> None:
    found = moment(value)
    assert found == expected
    assert found is None or found.tzinfo is not None


def test_usual_columns_are_found() -> None:
    row: dict[str, object] = {
        "ID": 7,
        "Full Text": "hello",
        "created_utc": 1539172800,
        "screen_name": "ana",
        "permalink": "https://example.org/7",
        "language": "en",
        "unknown": "dropped",
    }
    assert fields(row) == {
        "post_id": "7",
        "content": "hello",
        "source": "file",
        "created_at": NOON,
        "author": "ana",
        "url": "https://example.org/7",
        "lang": "en",
    }


def test_given_columns_come_first_and_may_lie_in_nested_objects() -> None:
    row: dict[str, object] = {
        "text": "no",
        "tweet": {"body": "yes", "user": {"name": "ana"}},
        "n.o": "7",
        "likes": 3,
    }
    given = {"content": "tweet.body", "author": "tweet.user.name", "post_id": "n.o", "meta.likes": "likes"}
    assert fields(row, **given) == {
        "content": "yes",
        "author": "ana",
        "post_id": "7",
        "source": "file",
        "meta": {"likes": 3},
    }


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"post_id": "1"}, "has no text"),
        ({"text": "  "}, "has no text"),
        ({"text": ""}, "has no text"),
        ({"text": 7}, "has no text"),
        ({"text": "x", "created_at": "soon"}, "has a time that cannot be read"),
        ({"text": "x", "id": {"$oid": "1"}}, "has an id or author"),
        ({"text": "x", "revision": "two"}, "has a revision that is no whole number"),
        ({"text": "x", "meta": "{"}, "has a column meta that is not JSON"),
        ({"kind": "delete", "source": "a"}, "is of kind 'delete' but has no post_id"),
        ({"kind": "erase"}, "is of kind 'erase' but has no author"),
        ({"kind": "gap", "start": "2018-10-10"}, "is of kind 'gap' but has no end"),
    ],
)
def test_what_is_no_event_says_why(row: dict[str, object], reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        event(row)


def test_text_columns_carry_numbers_and_json() -> None:
    row: dict[str, object] = {
        "text": "x",
        "id": "1",
        "revision": "2",
        "meta": '{"likes": 3}',
        "created_at": "",
    }
    assert fields(row) == {
        "content": "x",
        "post_id": "1",
        "source": "file",
        "revision": 2,
        "meta": {"likes": 3},
    }


def test_ids_read_as_fractions_are_whole_again() -> None:
    assert fields({"text": "x", "id": 12.0})["post_id"] == "12"


def test_a_made_id_depends_on_file_row_and_text_only() -> None:
    def made(text: str, number: int = 1, file_name: str = "a.csv") -> object:
        raw = Records(Naming(), file_name=file_name).event(Row(number, 0, {"text": text}))
        assert isinstance(raw, RawPost)
        return raw.fields["post_id"]

    ids = [made("x"), made("y"), made("x", number=2), made("x", file_name="b.csv")]
    assert len(set(ids)) == 4
    assert made("x") == ids[0]


def test_other_kinds_are_posts() -> None:
    assert isinstance(event({"kind": "t1", "text": "a reddit comment"}), RawPost)


def test_more_shapes_than_are_remembered_are_read_as_well() -> None:
    records = Records(Naming(), file_name="x")
    for n in range(200):
        raw = records.event(Row(n, n, {"text": f"post {n}", f"column {n}": 1}))
        assert isinstance(raw, RawPost) and raw.fields["content"] == f"post {n}"


def test_a_header_without_a_text_is_refused_with_advice() -> None:
    with pytest.raises(BadFile, match=r"--map content=COLUMN"):
        Records(Naming(), file_name="a.csv").check_header(["a", "b"])
    with pytest.raises(BadFile, match=r"no column 'c' in a.csv; it has a, b"):
        Records(Naming(columns={"content": "c"}), file_name="a.csv").check_header(["a", "b"])
    Records(Naming(columns={"content": "b"}), file_name="a.csv").check_header(["a", "b"])


def test_mappings_are_read_one_by_one_or_joined() -> None:
    assert parse_columns(["content=a, post_id = b", "meta.x=c"]) == {
        "content": "a",
        "post_id": "b",
        "meta.x": "c",
    }
    assert parse_columns([]) == {}


@pytest.mark.parametrize("pair", ["content", "=a", "content=", ""])
def test_a_mapping_of_nothing_is_refused(pair: str) -> None:
    with pytest.raises(BadSource, match="FIELD=COLUMN"):
        parse_columns([pair])


def test_an_unknown_field_names_the_nearest() -> None:
    with pytest.raises(BadSource, match="did you mean 'content'"):
        Naming(columns={"contnt": "a"})
