"""Serves an app until told to stop: bounded, quiet, and announced when it can be reached."""

import logging
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from groundswell.api.wire import BoundedHeads
from groundswell.core.errors import CannotStart
from groundswell.observe import logger

log = logger("api")

GRACE_SECONDS = 5
"""Requests still running at the end get so long; the whole must drain in ten."""

MAX_FRAME_BYTES = 64 * 1024
"""Nobody has so much to say to the live feed."""


REFUSED = "ASGI callable returned without completing handshake."
"""So uvicorn calls every WebSocket that we answer with a status, 401 say: strangers would write our log."""


def _is_news(record: logging.LogRecord) -> bool:
    return record.msg != REFUSED


class _Server(uvicorn.Server):
    """Uvicorn that obeys an event instead of signals, which belong to the role."""

    def __init__(
        self, config: uvicorn.Config, stop: threading.Event, ready: Callable[[int], None] | None
    ) -> None:
        super().__init__(config)
        self._stop, self._ready = stop, ready

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say at which port."""
        await super().startup(sockets)
        if not self.started:
            return
        port = int(self.servers[0].sockets[0].getsockname()[1])
        log.info("ready", at=f"http://{self.config.host}:{port}")
        if self._ready:
            self._ready(port)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: end when told to."""
        return await super().on_tick(counter) or self._stop.is_set()


def serve(
    app: ASGIApp, host: str, port: int, stop: threading.Event, ready: Callable[[int], None] | None = None
) -> None:
    """Serve `app` until `stop` is set; `ready` is called with the port once it listens (0 chooses one).

    Raises `CannotStart` when it cannot listen there.
    """
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedHeads,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # who is believed is said by a setting: api/access/peers.py
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
        ws_max_size=MAX_FRAME_BYTES,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ws_per_message_deflate=False,  # a compressor per client costs 300 KB and more time than it saves
        backlog=2048,
    )
    try:
        _Server(config, stop, ready).run()
    except SystemExit as error:
        raise CannotStart(f"The API cannot listen on {host}:{port}; is the port in use?") from error
