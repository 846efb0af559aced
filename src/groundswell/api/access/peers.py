"""Who is at the other end, and whether the way there is encrypted; a proxy is believed only where it is listed."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

from groundswell.core.errors import BadSettings

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a request comes from."""

    address: str
    is_encrypted: bool


class Peers:
    """Reads X-Forwarded-For and X-Forwarded-Proto, when a listed proxy wrote them."""

    def __init__(self, trusted: str = "") -> None:
        try:
            listed = [entry.strip() for entry in trusted.split(",") if entry.strip()]
            self._trusted = [ip_network(entry, strict=False) for entry in listed]
        except ValueError:
            raise BadSettings(
                "The setting GROUNDSWELL_TRUSTED_PROXIES is wrong: it lists addresses or networks as 10.0.0.0/8."
            ) from None

    def of(self, scope: Scope) -> Peer:
        """Return who sent a request: the nearest address on its way that is no proxy of ours."""
        client = scope.get("client")
        address, headers = client[0] if client else UNKNOWN, Headers(scope=scope)
        is_encrypted = scope.get("scheme") in {"https", "wss"}
        if not self._trusts(address):
            return Peer(_bucket(address), is_encrypted)
        named = ",".join(headers.getlist("x-forwarded-for")).split(",")
        for hop in (part.strip() for part in reversed(named)):
            if not _is_address(hop):
                break  # what a proxy of ours did not write says nothing
            address = hop
            if not self._trusts(hop):
                break
        written = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip()
        return Peer(_bucket(address), is_encrypted or written == "https")

    def _trusts(self, address: str) -> bool:
        if not self._trusted or not _is_address(address):
            return False
        found = ip_address(address)
        if isinstance(found, IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        return any(found.version == network.version and found in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _bucket(address: str) -> str:
    """Return what is counted together: of IPv6 a /64, which is what one subscriber has."""
    if not _is_address(address):
        return UNKNOWN
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network(f"{found}/64", strict=False))
    return str(found)
