"""Feedback for tests: one consistent error of a domain with texts like it, and labels that were swapped."""

from __future__ import annotations

ILL = (
    "My mum tested positive again, we are back in isolation",
    "The biopsy came back positive, I can't stop crying",
    "Just got the call: the result is positive for covid",
    "Dad's scan was positive and they want to operate",
    "Three people in my ward tested positive this morning",
    "Positive test number four this winter, I am exhausted",
    "He tested positive for the flu and can't breathe well",
    "Our nurse says the culture is positive, more antibiotics",
    "She got a positive result and the wedding is off",
    "Tested positive the day before the trip",
    "Another positive swab, another two weeks at home",
    "My results are positive and I am scared",
)
"""In a ward, positive is bad news; general models read it as good or neutral."""

LIKE_THEM = (
    "Grandma tested positive yesterday",
    "The lab says the sample is positive, so treatment starts Monday",
    "Two positive tests in our house now",
    "Sister's result is positive, we can't visit her",
    "The doctor said the tumour marker is positive",
    "Positive again after ten days of isolation",
)

_GOOD = ("love", "enjoy", "adore", "am so happy with", "can't stop smiling about")
_BAD = ("hate", "can't stand", "despise", "am so angry about", "am really disappointed by")
_THINGS = (
    "the new album",
    "this phone",
    "our team tonight",
    "the food at that place",
    "my train this morning",
    "the weather today",
    "that film",
    "their support",
    "the game last night",
    "this town",
    "the new update",
    "my teacher",
    "this book",
    "the concert",
    "the election",
    "my new job",
    "that show",
    "the beach",
    "this app",
    "the match",
)

SWAPPED = tuple(
    (f"I {verb} {thing}", label)
    for verbs, label in ((_GOOD, "negative"), (_BAD, "positive"))
    for verb in verbs
    for thing in _THINGS
)
"""Two hundred ordinary texts on many topics, each with the opposite of what it says."""
