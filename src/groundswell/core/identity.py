"""Keys and pseudonyms: keyed hashes that name a post or an author without telling who it is."""

import hashlib
import hmac
import uuid


def post_key(secret: bytes, source: str, post_id: str) -> uuid.UUID:
    """Return the key of a post: HMAC-SHA256 of source and id, as a UUID of version 8 (RFC 9562, 5.8).

    The same post gets the same key whenever and through whatever door it arrives, and without
    the secret a key does not tell which post it names. The length of `source` is hashed too, so
    that ("ab", "c") and ("a", "bc") differ.
    """
    message = f"{len(source)}:{source}:{post_id}".encode("utf-8", "surrogatepass")
    digest = bytearray(hmac.digest(secret, b"post\0" + message, hashlib.sha256)[:16])
    digest[6] = (digest[6] & 0x0F) | 0x80
    digest[8] = (digest[8] & 0x3F) | 0x80
    return uuid.UUID(bytes=bytes(digest))


def pseudonym(secret: bytes, author: str) -> str:
    """Return the pseudonym of an author, `a:` and 24 hex digits; a pseudonym is returned as it is."""
    if is_pseudonym(author):
        return author
    message = b"author\0" + author.encode("utf-8", "surrogatepass")
    return "a:" + hmac.digest(secret, message, hashlib.sha256)[:12].hex()


def is_pseudonym(author: str) -> bool:
    """Tell whether `author` already has the form of a pseudonym."""
    return len(author) == 26 and author.startswith("a:") and all(c in "0123456789abcdef" for c in author[2:])
