"""What the synthetic source says: its n-th event, a pure function of the seed and n.

So it resumes from a number, an edit knows the text it edits, and two runs with one seed agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Literal, TypeVar

from groundswell.core.mood import Sentiment
from groundswell.sources import synthetic_words as words
from groundswell.sources.synthetic_moods import Mood, moods
from groundswell.sources.synthetic_words import Venue

Kind = Literal["post", "echo", "edit", "delete", "erase"]

SHARES: dict[Kind, float] = {"post": 0.9465, "echo": 0.04, "edit": 0.009, "delete": 0.004, "erase": 0.0005}
AUTHORS = 600
LABELLED_BEAT = 10
"""Events of a beat of a labelled set: moods change often, so that a small set has seen many."""
REACH = 300
"""How many events back an edit, a deletion or an echo may look."""

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One event: what is said, by whom, where."""

    number: int
    kind: Kind
    venue: str
    author: str
    content: str
    lang: str
    #: the mood it was made up in
    sentiment: Sentiment
    #: the event that an edit or a deletion is about, else the event itself
    about: int
    #: seconds between writing and hearing of it
    delay: float


class Script:
    """The events of one seed; `beat_posts` events make a beat of the moods."""

    def __init__(self, seed: int, beat_posts: int) -> None:
        self._seed, self._beat_posts = seed, beat_posts

    def line(self, number: int) -> Line:
        """Return event `number`, counted from 0."""
        kind = self._kind(number)
        first = self._post(number)
        if kind == "post" or (earlier := self._earlier(number)) is None:
            return first
        if kind == "echo":
            return replace(
                first,
                kind=kind,
                venue=earlier.venue,
                content=self._varied(words.ECHOES, first, earlier),
                sentiment=earlier.sentiment,
            )
        content = self._varied(words.EDITS, first, earlier)
        return replace(earlier, kind=kind, number=number, content=content)

    def _kind(self, number: int) -> Kind:
        return _pick(Random(f"{self._seed} kind {number}"), SHARES)

    def _earlier(self, number: int) -> Line | None:
        """Return a post some events back, if the first one looked at is one."""
        back = Random(f"{self._seed} back {number}").randint(1, REACH)
        target = number - back
        return self._post(target) if target >= 0 and self._kind(target) == "post" else None

    def _varied(self, forms: tuple[str, ...], line: Line, earlier: Line) -> str:
        return Random(f"{self._seed} form {line.number}").choice(forms).format(text=earlier.content)

    def _post(self, number: int) -> Line:
        dice = Random(f"{self._seed} post {number}")
        venue = _pick(dice, {venue: venue.weight for venue in words.VENUES})
        mood = _pick(dice, {mood: mood.weight for mood in moods(self._seed, number // self._beat_posts)})
        sentiment = _pick(dice, mood.sentiments)
        lang, content = _say(dice, venue, mood, sentiment)
        return Line(
            number=number,
            kind="post",
            venue=venue.name,
            author=_author(dice),
            content=content,
            lang=lang,
            sentiment=sentiment,
            about=number,
            delay=min(30.0, dice.expovariate(0.5)),
        )


def labelled(seed: int) -> Iterator[tuple[str, Sentiment]]:
    """Yield, without end, what is said in English and the mood it was made up in: a data set for trials."""
    script = Script(seed, LABELLED_BEAT)
    for number in count():
        line = script.line(number)
        if line.kind in {"post", "echo"} and line.lang == "en":
            yield line.content, line.sentiment


def _pick(dice: Random, weights: dict[_T, float]) -> _T:
    return dice.choices(list(weights), list(weights.values()))[0]


def _author(dice: Random) -> str:
    """Return one of `AUTHORS` names; few write much, many write little."""
    number = int(AUTHORS * dice.random() ** 2.5)
    return f"{words.ADJECTIVES[number % 20]}_{words.ANIMALS[number // 20]}"


def _say(dice: Random, venue: Venue, mood: Mood, sentiment: Sentiment) -> tuple[str, str]:
    """Return the language and the text of a post."""
    subject = mood.subject
    if dice.random() < words.OTHER_LANGUAGE_SHARE:
        lang = dice.choice(list(words.OTHER_LANGUAGES))
        text = dice.choice(words.OTHER_LANGUAGES[lang][sentiment]).format(subject=subject.name)
    else:
        lang, text = "en", _in_english(dice, venue, mood, sentiment)
    if dice.random() < venue.emoji:
        text += " " + dice.choice(words.EMOJI[sentiment])
    if dice.random() < venue.hashtag:
        text += " " + subject.hashtag
    return lang, text


def _in_english(dice: Random, venue: Venue, mood: Mood, sentiment: Sentiment) -> str:
    sentence = dice.choice(_forms(dice, mood, sentiment)).format(
        subject=mood.subject.name,
        aspect=dice.choice(mood.subject.aspects),
        news=mood.burst.news if mood.burst else "",
    )
    opener = dice.choice(venue.openers)
    text = opener + (_capital(sentence) if not opener or opener.endswith(". ") else sentence)
    if dice.random() < venue.talkative:
        text += ("" if text[-1] in "!?." else ".") + " " + dice.choice(words.AFTERTHOUGHTS[sentiment])
    return text


def _forms(dice: Random, mood: Mood, sentiment: Sentiment) -> tuple[str, ...]:
    """Return the sentences to choose from: about the news while it is fresh, else about the subject."""
    if mood.burst and dice.random() < mood.excitement:
        if sentiment == "positive" and mood.burst.good:
            return words.GOOD_NEWS
        if sentiment == "negative" and not mood.burst.good:
            return words.BAD_NEWS
    return {"positive": words.POSITIVE, "negative": words.NEGATIVE, "neutral": words.NEUTRAL}[sentiment]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
