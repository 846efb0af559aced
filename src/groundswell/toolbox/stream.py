"""How posts come in, and how far they have come."""

from typing import TYPE_CHECKING

from groundswell.core.errors import StreamUnavailable
from groundswell.installation import pseudonym_secret
from groundswell.settings import Settings
from groundswell.toolbox.tools import Tools

if TYPE_CHECKING:  # each role imports what it is made of when it runs: a worker needs no web server
    from datetime import datetime

    from groundswell.core.door import Rules
    from groundswell.ingest.accept import Door
    from groundswell.stream.publish import Publisher


def door(tools: Tools) -> "Door":
    """Return the door through which posts enter the stream."""
    from groundswell.ingest.accept import Door, Limits

    settings = tools.settings
    return Door(
        publisher(tools),
        secret=pseudonym_secret(settings),
        clock=tools.clock,
        limits=Limits(content_characters=settings.max_text_characters),
        metrics=tools.metrics,
    )


def publisher(tools: Tools) -> "Publisher":
    """Return what writes into the stream, for the door and for parked posts that get another chance."""
    from groundswell.stream.publish import Publisher

    settings = tools.settings
    return Publisher(tools.redis, stream=settings.stream_name, max_entries=settings.stream_max_entries)


def rules(settings: Settings) -> "Rules":
    """Return the door's rules, by which workers read the entries of other producers."""
    from groundswell.core.door import Rules

    return Rules(secret=pseudonym_secret(settings), content_characters=settings.max_text_characters)


def watermark(tools: Tools) -> "datetime | None":
    """Return how far analysis has come, as the API says it; None while the stream does not answer."""
    from groundswell.api.watermark import behind
    from groundswell.stream.ledger import read_ledger

    settings = tools.settings
    try:
        books = read_ledger(tools.redis, settings.stream_name, settings.consumer_group)
    except StreamUnavailable:
        return None
    return behind(books, tools.clock.now())
