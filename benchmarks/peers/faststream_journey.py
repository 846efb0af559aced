"""The journey of a post written with FastStream on Redis streams: publish each line, handle one message at a time.

Run as `publish FILE` or `consume COUNT`, with REDIS_URL and DATABASE_URL set. Effects are the same as ours in
kind: a post is inserted once, its minute is counted in the same transaction, then the message is acknowledged.
"""

import asyncio
import os
import sys
from pathlib import Path

import orjson
import psycopg
from faststream import FastStream
from faststream.middlewares import AckPolicy
from faststream.redis import RedisBroker, StreamSub

STREAM = "peer_posts"
SCHEMA = """
DROP TABLE IF EXISTS peer_posts; DROP TABLE IF EXISTS peer_rollups;
CREATE TABLE peer_posts (source text, post_id text, content text, created_at timestamptz, ingested_at timestamptz,
                         sentiment smallint, scores smallint[], PRIMARY KEY (source, post_id));
CREATE TABLE peer_rollups (bucket timestamptz PRIMARY KEY, n bigint, neutral bigint);
"""
INSERT = """
INSERT INTO peer_posts VALUES (%s, %s, %s, %s, now(), 1, '{0,10000,0}') ON CONFLICT DO NOTHING
"""
COUNT = """
INSERT INTO peer_rollups VALUES (date_trunc('minute', now()), 1, 1)
ON CONFLICT (bucket) DO UPDATE SET n = peer_rollups.n + 1, neutral = peer_rollups.neutral + 1
"""


async def publish(path: str) -> None:
    """Publish each line of the file."""
    broker = RedisBroker(os.environ["REDIS_URL"])
    lines = Path(path).read_bytes().splitlines()  # noqa: ASYNC240 nothing else runs here
    async with broker:
        for line in lines:
            await broker.publish(orjson.loads(line), stream=STREAM)


async def consume() -> None:
    """Handle messages one at a time until ended."""
    connection = await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"])
    broker = RedisBroker(os.environ["REDIS_URL"])

    @broker.subscriber(
        stream=StreamSub(STREAM, group="peer", consumer="one", last_id="0"),
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )
    async def handle(post: dict[str, str]) -> None:
        async with connection.transaction():
            values = (post["source"], post["post_id"], post["content"], post["created_at"])
            inserted = await connection.execute(INSERT, values)
            if inserted.rowcount:
                await connection.execute(COUNT)

    await FastStream(broker).run()


if __name__ == "__main__":
    asyncio.run(publish(sys.argv[2]) if sys.argv[1] == "publish" else consume())
