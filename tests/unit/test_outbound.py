"""No name, number or notation leads a message inside, unless an operator allows it."""

from __future__ import annotations

import socket

import pytest
from tests.alerts import receiving

from groundswell import outbound
from groundswell.core.errors import AddressRefused, DeliveryFailed
from groundswell.outbound import AddressRules, guarded, is_public, post

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.1.2.3", "0.0.0.0",  # noqa: S104
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
        "169.254.169.254", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "ff02::1", "not an address",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "fec0::1", "64:ff9b:1::7f00:1", "64:ff9b:1::a00:1", "::127.0.0.1", "::ffff:0:127.0.0.1",
    ],
)  # fmt: skip
def test_what_is_inside(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", [PUBLIC, "2606:2800:21f:cb07::1", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"]
)
def test_what_is_public(address: str) -> None:
    assert is_public(address)


def rules(*answers: str, allow: str = "") -> AddressRules:
    return AddressRules(allow=allow, resolve=lambda *_: list(answers))


def test_one_answer_inside_refuses_the_name() -> None:
    with pytest.raises(AddressRefused):
        rules(PUBLIC, "10.0.0.1").checked("rebound.example.org", 443)
    assert rules(PUBLIC).checked("example.org", 443) == PUBLIC


@pytest.mark.parametrize("port", [22, 5432, 6379, 8000])
def test_other_ports_are_refused(port: int) -> None:
    with pytest.raises(AddressRefused):
        rules(PUBLIC).checked("example.org", port)


@pytest.mark.parametrize("allow", ["10.0.0.0/8", "hook.lan", "hook.lan:9000", " x , HOOK.lan:9000 ,"])
def test_an_operator_may_allow_what_is_inside(allow: str) -> None:
    assert rules("10.1.2.3", allow=allow).checked("hook.lan", 9000) == "10.1.2.3"


@pytest.mark.parametrize("allow", ["10.0.0.0/16", "hook.lan:9001", "lan"])
def test_and_allows_nothing_else(allow: str) -> None:
    with pytest.raises(AddressRefused):
        rules("10.1.2.3", allow=allow).checked("hook.lan", 9000)


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "localhost", "[::ffff:127.0.0.1]"])
def test_every_way_to_write_this_machine_is_refused(host: str) -> None:
    with pytest.raises((AddressRefused, DeliveryFailed)):
        post(AddressRules(), f"http://{host}/", b"", {})


@pytest.mark.parametrize("url", ["ftp://example.org/", "file:///etc/passwd", "//example.org/", "https:///x"])
def test_only_the_web_is_reached(url: str) -> None:
    with pytest.raises(AddressRefused):
        post(rules(PUBLIC), url, b"", {})


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A name that answers differently the second time is asked once."""
    asked: list[str] = []

    def rebinding(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with receiving() as server:
        allowing = AddressRules(allow=f"hook.example.org:{server.port}", resolve=rebinding)
        post(allowing, f"http://hook.example.org:{server.port}/x", b"{}", {"webhook-id": "1"})
        ((path, headers, body),) = server.requests
    assert (path, headers["host"], body) == ("/x", f"hook.example.org:{server.port}", b"{}")
    assert asked == ["hook.example.org"]


def test_libraries_are_held_to_the_rules_too() -> None:
    with receiving() as server:
        with guarded(AddressRules()) as refusals:
            with pytest.raises(AddressRefused):
                socket.create_connection(("127.0.0.1", server.port), 1)
            assert len(refusals) == 1
        with guarded(AddressRules(allow="127.0.0.0/8")) as refusals:
            socket.create_connection(("localhost", server.port), 1).close()
            assert refusals == []
        socket.create_connection(("127.0.0.1", server.port), 1).close()


def test_an_unknown_name_is_worth_another_try() -> None:
    with pytest.raises(DeliveryFailed, match="not known"):
        outbound.resolve("no-such-name.invalid", 443)
