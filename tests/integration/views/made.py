"""Posts made up by a seed, and the same counts that the views show taken from them one by one."""

import random
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from groundswell.core.mood import EMOTIONS, Reading
from groundswell.core.post import Post
from groundswell.store import posts, topics
from groundswell.store.database import Database
from groundswell.store.posts import Analysed
from groundswell.views.filters import Filters, Window

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SOURCES = ("bluesky", "reddit")
LANGUAGES = (None, "de", "en")
MODELS = ("minilm@1", "minilm@2", "vader@1")
WORDS = ("launch", "lift", "rain", "lovely", "dull", "COVID-19", "#news", "it's", "naïve")


def make(
    seed: int, n: int, *, around: datetime = NOON, spread: timedelta = timedelta(hours=30)
) -> list[Analysed]:
    """Return `n` analysed posts within `spread` after `around`, some by fallbacks, some about topics 1 and 2."""
    chance = random.Random(seed)
    return [_one(chance, seed, i, around, spread) for i in range(n)]


def _one(chance: random.Random, seed: int, i: int, around: datetime, spread: timedelta) -> Analysed:
    # whole seconds now and then: posts must share moments, and lie on the edges of buckets
    offset = spread * chance.random()
    ingested = around + (
        timedelta(minutes=offset // timedelta(minutes=1)) if chance.random() < 0.3 else offset
    )
    created = ingested - timedelta(hours=3) * chance.random()
    post = Post(
        key=uuid.UUID(int=chance.getrandbits(128)),
        post_id=f"{seed}-{i}",
        source=chance.choice(SOURCES),
        content=" ".join(chance.choices(WORDS, k=4)),
        author=f"a:{chance.randrange(5):024x}",
        lang=chance.choice(LANGUAGES),
        created_at=created,
        ingested_at=ingested,
    )
    topics = tuple(topic for topic in (1, 2) if chance.random() < 0.3)
    return Analysed(post=post, reading=reading(chance), topics=topics)


def reading(chance: random.Random) -> Reading:
    raw = [chance.random() + 0.01 for _ in range(3)]
    model = chance.choice(MODELS)
    return Reading(
        scores=(raw[0] / sum(raw), raw[1] / sum(raw), raw[2] / sum(raw)),
        emotions=None if model.startswith("vader") else tuple(chance.random() for _ in EMOTIONS),
        model_used=model,
        fallback_used=model.startswith("vader") and chance.random() < 0.5,
    )


A_DAY = make(5, 120, spread=timedelta(hours=20))
THE_DAY_AFTER = NOON + timedelta(hours=22, minutes=30, seconds=20)
"""A day of posts, and a moment at which all of them are past."""


def store(database: Database, batch: Sequence[Analysed]) -> None:
    """Write the posts as a worker does, analysed an hour after noon."""
    with database.transaction() as connection:
        version = topics.current(connection).version
        posts.write(connection, batch, topics_version=version, analyzed_at=NOON + timedelta(hours=1))


def passes(item: Analysed, filters: Filters) -> bool:
    post, model = item.post, item.reading.model_used
    return (
        filters.source in {None, post.source}
        and (filters.topic is None or filters.topic in item.topics)
        and (filters.lang is None or (post.lang or "und") == filters.lang)
        and filters.model in {None, model, model.partition("@")[0]}
    )


def inside(item: Analysed, window: Window) -> bool:
    moment = item.post.ingested_at if window.clock == "ingested" else item.post.created_at
    return window.start <= moment < window.end


def recount(batch: Sequence[Analysed], window: Window, filters: Filters) -> Counter[str]:
    """Count what a distribution counts, post by post."""
    counted: Counter[str] = Counter()
    for item in batch:
        if not inside(item, window) or not passes(item, filters):
            continue
        if item.reading.fallback_used:
            counted["fallback"] += 1
            continue
        counted["total"] += 1
        counted[item.reading.sentiment] += 1
        if item.reading.emotion:
            counted[f"emotion {item.reading.emotion}"] += 1
    return counted
