"""Where messages may go, and how a webhook proves where it comes from."""

import base64
import hashlib
import hmac
import secrets
import warnings
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from groundswell.core.errors import InvalidInput

SECRET_BYTES = 32

SCHEMES = frozenset({
    "mailto", "mailtos", "slack", "discord", "msteams", "workflows", "tgram", "ntfy", "ntfys", "gotify", "gotifys",
    "mmost", "mmosts", "rocket", "rockets", "matrix", "matrixs", "gchat", "webex", "wxteams", "zulip", "pover",
    "pbul", "pagerduty", "opsgenie", "signal", "signals", "twilio", "json", "jsons", "sns", "ses",
})  # fmt: skip
"""What Apprise may be used for: services of the network, nothing that runs programs or reads files here."""


def new_secret() -> str:
    """Return a fresh secret in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed(secret: str, message: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a signed webhook (Standard Webhooks 1.0.0, symmetric signature).

    The signature is HMAC-SHA256 over `id.timestamp.body`; the same message has the same id in
    every try, so that a receiver can tell repetitions.
    """
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, b".".join([message.encode(), stamp.encode(), body]), hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def check_url(kind: str, url: str) -> None:
    """Raise `InvalidInput` for a target that no message could ever go to; addresses are checked when sending."""
    scheme = urlsplit(url).scheme.lower()
    if kind == "webhook":
        if scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise InvalidInput(
                "A webhook's address begins with https:// or http://.", details={"parameter": "url"}
            )
        return
    if scheme not in SCHEMES:
        raise InvalidInput(
            f"Apprise targets of the kind {scheme[:20]}:// are not allowed here.",
            details={"parameter": "url", "allowed": sorted(SCHEMES)},
        )
    if apprise_of(url) is None:
        raise InvalidInput("Apprise does not understand this address.", details={"parameter": "url"})


def apprise_of(url: str) -> Any:
    """Return Apprise's sender for one target, or None for an address it does not understand."""
    with warnings.catch_warnings():  # it loads itself in pieces, with what newer Pythons will do without
        warnings.simplefilter("ignore", DeprecationWarning)
        from apprise import Apprise

        found = Apprise()
        return found[0] if found.add(url) else None
