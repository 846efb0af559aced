"""Near-duplicates of one set of texts in another."""

from groundswell.statistics.duplicates import beside

AMONG = [
    "The launch was delayed again and nobody told us why",
    "Lunch was lovely today in the sun by the sea",
]


def test_a_copy_with_other_links_and_names_is_found() -> None:
    texts = [
        "@ana lunch was LOVELY today in the sun by the sea!!! https://example.org/1",
        "something else altogether that nobody wrote before",
        "the launch was delayed again and nobody told us why :(",
    ]
    assert beside(texts, AMONG) == [1, None, 0]


def test_every_text_counts_not_only_the_first_of_its_kind() -> None:
    """B is near A, and C is near B but not near A: C is still beside B."""
    words = [f"word{n}" for n in range(30)]
    a, b, c = (" ".join(words[start : start + 24]) for start in (0, 3, 6))
    assert beside([b], [a]) == [0]
    assert beside([c], [a]) == [None]
    assert beside([c], [a, b]) == [1]


def test_there_is_nothing_beside_nothing() -> None:
    assert beside([], AMONG) == [] and beside(AMONG, []) == [None, None]
