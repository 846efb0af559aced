"""The hold-out: texts that training never sees, the same on every machine and for ever."""

import hashlib

from groundswell.core.text import normalise

IN_HUNDRED = 20
"""Of a hundred texts so many are held out."""


def held_out(content: str) -> bool:
    """Tell whether training must not see `content`: decided by a hash of the text as models read it.

    So the same text, sent again by whomever, is on the same side, and no list has to be kept.
    """
    digest = hashlib.blake2b(normalise(content).encode(), digest_size=8, person=b"gs held out").digest()
    return int.from_bytes(digest, "big") % 100 < IN_HUNDRED
