"""Two questions about an address: is it free, and does somebody answer there?"""

import errno
import socket
from http.client import HTTPConnection, HTTPException

from groundswell.core.errors import CannotStart


def claim_port(host: str, port: int) -> int:
    """Return `port`, or a free one for 0, after trying that we can listen there.

    Raises `CannotStart` in one sentence when we cannot.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
            return int(trial.getsockname()[1])
    except OSError as error:
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise CannotStart(f"Port {port} of {host} {reason}; choose another with --port.") from None


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
