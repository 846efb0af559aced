"""The Lua scripts of the stream, each in a file of its own: what must happen in Valkey as one step.

They use commands of Redis 7.2 only, so that they run on Redis and Valkey, managed or not.
"""

from functools import cache
from importlib.resources import files

import redis
from redis.commands.core import Script


@cache
def text(name: str) -> str:
    """Return the source of the script called `name`."""
    return files("groundswell.stream").joinpath("lua", f"{name}.lua").read_text("utf-8")


def script(client: redis.Redis, name: str) -> Script:
    """Return the script called `name` for `client`; it is sent once and then named by its hash."""
    return client.register_script(text(name))
