"""Topics: what people track, and the matches of posts with them, forwards and backwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from groundswell.core.errors import Conflict, NotFound
from groundswell.core.topic import Topic
from groundswell.store import gate, job_queue, rollups
from groundswell.store.deltas import Counted, Deltas
from groundswell.store.statements import load

SQL = load("groundswell.store", "topics")

BACK_MATCH = "topics.back_match"
"""The job that matches a topic to the posts that were there before it."""

Place = tuple[datetime, UUID]
"""Where a walk through the posts stands: `ingested_at` and id."""
_BEHIND_ALL = UUID(int=2**128 - 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicSet:
    """The topics at one version, to match posts against; `posts.write` asks for the version."""

    version: int
    topics: tuple[Topic, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicRow:
    """A topic as it is kept."""

    topic: Topic
    created_at: datetime
    #: posts ingested since then are matched; None: every post is
    matched_since: datetime | None


def current(connection: psycopg.Connection) -> TopicSet:
    """Return the topics and their version.

    Should a change slip in between the two statements, the version is the older one, and `write`
    refuses it.
    """
    (version,) = connection.execute(SQL["version"]).fetchone() or (0,)
    found = connection.execute(SQL["all"]).fetchall()
    return TopicSet(version=version, topics=tuple(_topic(*row) for row in found))


def rows(connection: psycopg.Connection, *, limit: int, offset: int) -> tuple[list[TopicRow], int]:
    """Return a page of topics, in the order of creation, and how many there are in all."""
    found = connection.execute(SQL["page"], {"limit": limit, "offset": offset}).fetchall()
    (total,) = connection.execute(SQL["count"]).fetchone() or (0,)
    return [_row(row) for row in found], total


def get(connection: psycopg.Connection, id: int) -> TopicRow:  # noqa: A002 - its name everywhere
    """Return one topic, or raise `NotFound`."""
    row = connection.execute(SQL["get"], {"id": id}).fetchone()
    if row is None:
        raise NotFound(f"There is no topic {id}.")
    return _row(row)


def create(
    connection: psycopg.Connection,
    *,
    name: str,
    any: Sequence[str] = (),  # noqa: A002 - as INTERFACES name them
    all: Sequence[str] = (),  # noqa: A002
    none: Sequence[str] = (),
) -> TopicRow:
    """Create a topic: posts written from now on are matched to it, a job matches those before.

    Raises `Conflict` for a name that is used.
    """
    gate.enter_alone(connection)
    row = _changed(connection, "create", name=name, any=list(any), all=list(all), none=list(none))
    assert row is not None  # noqa: S101 - an INSERT returns its row
    _match_again(connection, row.topic.id)
    return row


def update(
    connection: psycopg.Connection,
    id: int,  # noqa: A002
    *,
    name: str,
    any: Sequence[str] = (),  # noqa: A002
    all: Sequence[str] = (),  # noqa: A002
    none: Sequence[str] = (),
) -> TopicRow:
    """Replace a topic; with other terms its matches and counts go, and all posts are matched again.

    Raises `NotFound`, or `Conflict` for a name that another topic has.
    """
    gate.enter_alone(connection)
    old = get(connection, id).topic
    terms = {"any": list(any), "all": list(all), "none": list(none)}
    same = terms == {"any": list(old.any), "all": list(old.all), "none": list(old.none)}
    row = _changed(connection, "rename" if same else "change", id=id, name=name, **terms)
    assert row is not None  # noqa: S101 - `get` found it, and we are alone
    if not same:
        _forget(connection, id)
        _match_again(connection, id)
    return row


def delete(connection: psycopg.Connection, id: int) -> None:  # noqa: A002
    """Remove a topic with its matches and counts.

    Raises `NotFound`, or `Conflict` where an alert rule is about it: it would never call again and say nothing.
    """
    gate.enter_alone(connection)
    if connection.execute(SQL["delete"], {"id": id}).rowcount == 0:
        raise NotFound(f"There is no topic {id}.")
    rule = connection.execute(SQL["rule_about"], {"id": id}).fetchone()
    if rule is not None:
        raise Conflict(f"The alert rule '{rule[0]}' is about this topic; change or remove the rule first.")
    _forget(connection, id)
    connection.execute(SQL["next_version"])


def _changed(connection: psycopg.Connection, statement: str, **values: object) -> TopicRow | None:
    try:
        row = connection.execute(SQL[statement], values).fetchone()
    except psycopg.errors.UniqueViolation:
        raise Conflict(f"There is already a topic named {values['name']!r}.") from None
    return None if row is None else _row(row)


def _match_again(connection: psycopg.Connection, topic: int) -> None:
    connection.execute(SQL["next_version"])
    job_queue.add(connection, BACK_MATCH, lock=f"topic {topic}", args={"topic_id": topic})


def _forget(connection: psycopg.Connection, topic: int) -> None:
    connection.execute(SQL["forget_matches"], {"id": topic})
    connection.execute(SQL["forget_counts"], {"id": topic})


def back_match(
    connection: psycopg.Connection, topic_id: int, *, before: Place | None, limit: int
) -> Place | None:
    """Match one slice of at most `limit` posts, newest first; return where the next one begins.

    `before` is what the slice before returned, or None to go on wherever the matching stands: a
    job that was killed resumes, and a topic that changed meanwhile starts afresh. Returns None
    when the topic is matched to the first post, or is gone. Matches, counts and progress move in
    the caller's transaction, which should hold nothing else; a slice done twice adds nothing.
    """
    gate.enter(connection)
    try:
        row = get(connection, topic_id)
    except NotFound:
        return None
    if row.matched_since is None:
        return None
    if before is None or before[0] != row.matched_since:
        before = (row.matched_since, _BEHIND_ALL)
    posts = connection.execute(
        SQL["slice"], {"moment": before[0], "post": before[1], "limit": limit}
    ).fetchall()
    next_place = (posts[-1][1], posts[-1][0]) if len(posts) == limit else None
    connection.execute(
        SQL["matched_since"], {"id": topic_id, "moment": next_place[0] if next_place else None}
    )
    _match(connection, row.topic, [key for key, _, content in posts if row.topic.matches(content)])
    return next_place


def _match(connection: psycopg.Connection, topic: Topic, candidates: Sequence[UUID]) -> None:
    """Match and count posts that were about the topic a moment ago; locked, they are read again."""
    if not candidates:
        return
    held = [key for (key,) in connection.execute(SQL["lock"], {"keys": sorted(candidates)}).fetchall()]
    contents = connection.execute(SQL["contents"], {"keys": held}).fetchall()
    matched = sorted(key for key, content in contents if topic.matches(content))
    deltas = Deltas()
    with connection.cursor(row_factory=dict_row) as cursor:
        for post in cursor.execute(SQL["match"], {"topic": topic.id, "keys": matched}):
            deltas.add_topics(Counted(topics=(topic.id,), **post))
    rollups.apply(connection, deltas)


def _row(row: Sequence[Any]) -> TopicRow:
    *topic, created_at, matched_since = row
    return TopicRow(topic=_topic(*topic), created_at=created_at, matched_since=matched_since)


def _topic(id: int, name: str, any: list[str], all: list[str], none: list[str]) -> Topic:  # noqa: A002
    return Topic(id=id, name=name, any=tuple(any), all=tuple(all), none=tuple(none))
