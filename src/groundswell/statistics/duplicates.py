"""Which texts say nearly the same: one campaign of copies must not read as many voices."""

import re
import zlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

ALIKE = 0.7
"""Jaccard similarity of word triples from which two texts count as near-duplicates."""
_HASHES, _BANDS = 48, 16
_PRIME = (1 << 31) - 1
_NOISE = re.compile(r"https?://\S+|@\w+|[^\w\s#]+")


def clusters(texts: Sequence[str]) -> list[int]:
    """Return for each text the place of the first text it is a near-duplicate of, or its own place.

    MinHash over triples of words with links, mentions and punctuation left out (Broder 1997), in 16
    bands of 3, and the similarity of candidates computed exactly. Same texts, same answer.
    """
    shingles = [_shingles(text) for text in texts]
    signatures = [_signature(found) for found in shingles]
    found = list(range(len(texts)))
    buckets: defaultdict[bytes, list[int]] = defaultdict(list)
    for place, signature in enumerate(signatures):
        keys = _keys(signature)
        candidates = sorted({other for key in keys for other in buckets[key]})
        found[place] = next((c for c in candidates if _alike(shingles[c], shingles[place])), place)
        if found[place] == place:
            for key in keys:
                buckets[key].append(place)
    return found


def beside(texts: Sequence[str], among: Sequence[str]) -> list[int | None]:
    """Return for each text the place of the first of `among` that it is a near-duplicate of; None: of none."""
    known = [_shingles(text) for text in among]
    buckets: defaultdict[bytes, list[int]] = defaultdict(list)
    for place, shingles in enumerate(known):
        for key in _keys(_signature(shingles)):
            buckets[key].append(place)
    found: list[int | None] = []
    for shingles in map(_shingles, texts):
        candidates = sorted({place for key in _keys(_signature(shingles)) for place in buckets.get(key, ())})
        found.append(next((place for place in candidates if _alike(known[place], shingles)), None))
    return found


def _keys(signature: "np.ndarray[tuple[int, int], np.dtype[np.int64]]") -> list[bytes]:
    return [bytes([band]) + signature[band].tobytes() for band in range(_BANDS)]


def _shingles(text: str) -> frozenset[int]:
    words = _NOISE.sub(" ", text.casefold()).split() or [text]
    triples = (" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2)))
    return frozenset(zlib.crc32(triple.encode()) for triple in triples)


_SEEDS = np.random.default_rng(20080401)
_FACTORS = _SEEDS.integers(1, _PRIME, size=(_HASHES, 1), dtype=np.int64)
_OFFSETS = _SEEDS.integers(0, _PRIME, size=(_HASHES, 1), dtype=np.int64)


def _signature(shingles: frozenset[int]) -> "np.ndarray[tuple[int, int], np.dtype[np.int64]]":
    values = np.fromiter(sorted(shingles), dtype=np.int64) % _PRIME
    return np.asarray(((values * _FACTORS + _OFFSETS) % _PRIME).min(axis=1)).reshape(_BANDS, -1)


def _alike(a: frozenset[int], b: frozenset[int]) -> bool:
    return len(a & b) >= ALIKE * len(a | b)
