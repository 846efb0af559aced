"""What the live feed says about a post that was stored."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from groundswell.store.posts import Analysed
from groundswell.stream.settle import Announcement


def new_post(item: Analysed, topics: Sequence[str], analyzed_at: datetime) -> Announcement:
    """Return the event of a post that was stored or edited; clients apply it by `id`."""
    post, reading = item.post, item.reading
    key = str(post.key)
    data = {
        "id": key,
        "post_id": post.post_id,
        "source": post.source,
        "content": post.content,
        "sentiment": reading.sentiment,
        "confidence": reading.confidence,
        "emotion": reading.emotion,
        "timestamp": analyzed_at,
        "model_used": reading.model_used,
        "fallback_used": reading.fallback_used,
        "lang": post.lang,
        "topics": topics,
        "created_at": post.created_at,
    }
    return Announcement(type="new_post", id=key, data=orjson.dumps(data, option=orjson.OPT_UTC_Z))
