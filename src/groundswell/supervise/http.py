"""Two questions about an address: is it free, and does somebody answer there?"""

import errno
import socket
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException

from groundswell.core.errors import CannotStart


def claim_port(host: str, port: int, pause: Callable[[float], None]) -> int:
    """Return `port`, or a free one for 0, after trying that we can listen there.

    Tries for two seconds, because an API that was killed may be ending just now. Raises
    `CannotStart` in one sentence when we cannot.
    """
    for _ in range(40):
        try:
            return _bound_port(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CannotStart(f"The API cannot listen on {host}:{port}: {error.strerror}.") from None
        pause(0.05)
    raise CannotStart(f"Port {port} of {host} is in use; choose another with --port.")


def _bound_port(host: str, port: int) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((host, port))
        return int(trial.getsockname()[1])


def answers(host: str, port: int, path: str) -> bool:
    """Return whether a GET of `path` is answered with 200 within a second."""
    connection = HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
