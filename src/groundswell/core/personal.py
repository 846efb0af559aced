"""Masks what names or reaches a person before a text leaves the house: links, addresses, numbers, accounts.

Names written out in plain words are not found; whoever cannot accept that must not set a provider.
"""

import re

# Written in order of priority: the first alternative that matches at a position wins.
_PERSONAL = re.compile(
    r"""
      (?P<link>    (?:https?://|www\.)\S{1,2000} )
    | (?P<email>   [\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4} )
    | (?P<account> \b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?\b )
    | (?P<address> \b(?:\d{1,3}\.){3}\d{1,3}\b | \b(?:[0-9A-Fa-f]{1,4}:){4,7}[0-9A-Fa-f]{1,4}\b )
    | (?P<number>  (?<![\w#])\+?\(?\d(?:[ ()./-]{0,3}\d){6,18}(?!\w) )
    | (?P<user>    (?<![\w@])@\w[\w.-]{0,252}(?<![.-]) | \bdid:(?:plc|web):[\w.:-]{1,200} | (?<!\w)/?u/\w{3,30} )
    """,
    re.VERBOSE,
)


def masked(text: str) -> str:
    """Return the text with each link, e-mail, bank account, network address, long number and user as its kind."""
    return _PERSONAL.sub(lambda match: f"[{match.lastgroup}]", text)
