"""What leaves the house names nobody, as far as a pattern can tell."""

import pytest

from groundswell.core.personal import masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail jane.doe+x@mail.example.org now", "mail [email] now"),
        ("see https://example.org/u/jane?token=abc and www.example.org", "see [link] and [link]"),
        ("call +44 (0)20 7946-0958 today", "call [number] today"),
        ("card 4111 1111 1111 1111!", "card [number]!"),
        ("pay DE89 3704 0044 0532 0130 00 please", "pay [account] please"),
        ("from 192.168.1.20 and 2001:db8:0:0:0:0:0:1", "from [address] and [address]"),
        ("@jane.doe.example said u/jane_doe", "[user] said [user]"),
        ("did:plc:abc234 wrote", "[user] wrote"),
        ("so happy, 10/10, 2026 was great 😍 #win2026", "so happy, 10/10, 2026 was great 😍 #win2026"),
        ("", ""),
    ],
)
def test_what_names_a_person_is_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_long_texts_take_no_time() -> None:
    for piece in ("a.", "1 ", "a@", "AB12 ", "@", "1:", "+(", "u/"):
        assert len(masked(piece * 5_000)) <= 50_000
