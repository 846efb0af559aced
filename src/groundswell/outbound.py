"""The one way out of the house: messages go to public addresses, or where an operator allows it.

The address is checked when it is connected to, not when it was saved: a name is resolved, every
answer must be allowed, and the connection goes to the answer that was checked. So neither a name
that points inside, nor one that changes between two look-ups, nor a redirect leads inside.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from groundswell.core.errors import AddressRefused, DeliveryFailed, GroundswellError

SECONDS = 5.0
WEB_PORTS = frozenset({80, 443})
MAIL_PORTS = frozenset({25, 465, 587})
MOST_REASON_CHARACTERS = 200
MOST_REDIRECTS = 3
_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")
"""All that IANA gives out of IPv6 for the internet; local NAT64, site-local and old wrappings of IPv4 lie outside."""

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """Return every address of `host`, as the system knows them."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeliveryFailed(f"The name {host[:100]} is not known.") from None
    return list(dict.fromkeys(str(address[4][0]) for address in found))


@dataclass(frozen=True, kw_only=True)
class AddressRules:
    """Where messages may go."""

    #: names, name:port, or networks, comma-separated
    allow: str = ""
    resolve: Resolve = resolve

    def checked(self, host: str, port: int, ports: frozenset[int] = WEB_PORTS) -> str:
        """Return the address to connect to.

        Raises `AddressRefused` unless every address of `host` is public and the port is one of
        `ports`, or the operator allows it; `DeliveryFailed` for an unknown name.
        """
        addresses = self.resolve(host, port)
        named = {f"{host}:{port}".lower(), host.lower()} & self._entries
        for address in [] if named else addresses:
            if self._inside_allowed(address):
                continue
            if port not in ports or not is_public(address):
                raise AddressRefused(details={"host": host[:100], "port": port})
        if not addresses:
            raise DeliveryFailed(f"The name {host[:100]} has no address.")
        return addresses[0]

    @property
    def _entries(self) -> set[str]:
        return {entry.strip().lower() for entry in self.allow.split(",") if entry.strip()}

    def _inside_allowed(self, address: str) -> bool:
        for entry in self._entries:
            with contextlib.suppress(ValueError):
                network = ip_network(entry, strict=False)
                found = _unwrapped(ip_address(address.partition("%")[0]))
                if found.version == network.version and found in network:
                    return True
        return False


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet, whatever it is wrapped in."""
    try:
        found = _unwrapped(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found not in _UNICAST:
        return False
    return found.is_global and not found.is_multicast


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 one: mapped (RFC 4291), NAT64 (6052), 6to4 (3056), Teredo (4380)."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo:
        inner = address.teredo[1]
    return inner or address


def post(rules: AddressRules, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Send `body` to `url`; what comes back is not read, and a redirect is a failure.

    Raises `AddressRefused`, or `DeliveryFailed` unless the answer is a success.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressRefused("A webhook's address begins with https:// or http://.")
    host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    address = rules.checked(host, port)
    target = httpx.URL(url).copy_with(host=address)
    given = {**headers, "Host": parts.netloc.rpartition("@")[2], "User-Agent": "groundswell"}
    try:
        with (
            httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client,
            client.stream(
                "POST", target, content=body, headers=given, extensions={"sni_hostname": host}
            ) as answer,
        ):
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryFailed(f"{host} does not answer: {str(error)[:MOST_REASON_CHARACTERS]}") from None
    if not 200 <= status < 300:
        raise DeliveryFailed(f"{host} answered with status {status}.")


@contextmanager
def opened(
    rules: AddressRules, url: str, headers: Mapping[str, str], *, trusted: str = "", seconds: float = SECONDS
) -> Iterator[httpx.Response]:
    """GET `url` and yield the answer, its body not read yet; `seconds` is the longest silence.

    `trusted` is the origin an operator has set (`https://host:port`): it may be inside, and it alone is
    sent the `Authorization`. Wherever else a redirect leads is checked, at most three of them.
    Raises `AddressRefused` or `DeliveryFailed`, also for what breaks off while the body is read.
    """
    home = _origin(trusted) if trusted else None
    try:
        with ExitStack() as stack:
            client = stack.enter_context(
                httpx.Client(verify=_tls(), timeout=seconds, trust_env=False, follow_redirects=False)
            )
            yield _followed(stack, client, rules, url, headers, home)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryFailed(f"The download broke off: {str(error)[:MOST_REASON_CHARACTERS]}") from None


@cache
def _tls() -> ssl.SSLContext:
    """Return the one context of all downloads: making one takes longer than a small file."""
    return httpx.create_ssl_context(trust_env=False)


def _followed(
    stack: ExitStack,
    client: httpx.Client,
    rules: AddressRules,
    url: str,
    headers: Mapping[str, str],
    home: tuple[str, str, int] | None,
) -> httpx.Response:
    for _ in range(MOST_REDIRECTS + 1):
        request = _get(client, rules, url, headers, home)
        answer = client.send(request, stream=True)
        stack.callback(answer.close)
        if not answer.is_redirect:
            return answer
        url = urljoin(url, answer.headers.get("Location", ""))
    raise AddressRefused("The download is redirected too often.")


def _get(
    client: httpx.Client,
    rules: AddressRules,
    url: str,
    headers: Mapping[str, str],
    home: tuple[str, str, int] | None,
) -> httpx.Request:
    """Return the request for one address, to the very address that was checked."""
    origin = _origin(url)
    if origin == home:
        return client.build_request("GET", url, headers={**headers, "User-Agent": "groundswell"})
    _, host, port = origin
    address = rules.checked(host, port)
    given = {name: value for name, value in headers.items() if name.lower() != "authorization"}
    given |= {"Host": urlsplit(url).netloc.rpartition("@")[2], "User-Agent": "groundswell"}
    target = httpx.URL(url).copy_with(host=address)
    return client.build_request("GET", target, headers=given, extensions={"sni_hostname": host})


def _origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port; raises `AddressRefused` for what is no web address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in {"http", "https"}:
        raise AddressRefused("That is no address of the web.")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


_guards = threading.local()


@contextmanager
def guarded(rules: AddressRules) -> Iterator[list[GroundswellError]]:
    """Hold this thread's connections to `rules`, also those that libraries make.

    requests and smtplib both come through `socket.create_connection` or its copy in urllib3; each
    connection goes to the address that was checked. Yields the refusals, because libraries keep
    errors to themselves.
    """
    _install()
    _guards.rules, _guards.refusals = rules, []
    try:
        yield _guards.refusals
    finally:
        _guards.rules = None


_installed = threading.Lock()


def _install() -> None:
    """Put the guard before both ways to connect, once; threads without rules pass through."""
    import urllib3.util.connection as pooled

    with _installed:
        for module in (socket, pooled):
            plain: Any = module.create_connection
            if not getattr(plain, "guarded", False):
                module.create_connection = _guarding(plain)  # type: ignore[attr-defined]


def _guarding(plain: Any) -> Any:
    def connect(address: tuple[str, int], *rest: Any, **more: Any) -> Any:
        rules: AddressRules | None = getattr(_guards, "rules", None)
        if rules is None:
            return plain(address, *rest, **more)
        host, port = address[0].strip("[]"), int(address[1])
        try:
            checked = rules.checked(host, port, WEB_PORTS | MAIL_PORTS)
        except GroundswellError as error:
            _guards.refusals.append(error)
            raise
        return plain((checked, port), *rest, **more)

    connect.guarded = True  # type: ignore[attr-defined]
    return connect
