"""The words of the synthetic source: venues, subjects, and sentences for each mood. All names are made up."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Venue:
    """Where posts appear, and how people write there."""

    name: str
    #: share of all posts, relative
    weight: float
    #: how likely a post carries a hashtag, an emoji, a second sentence
    hashtag: float
    emoji: float
    talkative: float
    openers: tuple[str, ...] = ("",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What people talk about."""

    name: str
    hashtag: str
    weight: float
    #: where its mood rests between -1 and 1
    temper: float
    #: noun phrases in the singular
    aspects: tuple[str, ...]
    #: what happens when the mood bursts
    good_news: tuple[str, ...]
    bad_news: tuple[str, ...]


VENUES = (
    Venue(
        name="twitter",
        weight=0.30,
        hashtag=0.45,
        emoji=0.30,
        talkative=0.35,
        openers=("", "", "", "ok so ", "wow, ", "hot take: ", "just saying, "),
    ),
    Venue(
        name="bluesky",
        weight=0.24,
        hashtag=0.20,
        emoji=0.25,
        talkative=0.50,
        openers=("", "", "", "honestly, ", "so: ", "small update: "),
    ),
    Venue(
        name="reddit",
        weight=0.22,
        hashtag=0.0,
        emoji=0.05,
        talkative=0.85,
        openers=(
            "",
            "",
            "Long-time user here. ",
            "Unpopular opinion, but ",
            "Am I the only one? ",
            "Update: ",
        ),
    ),
    Venue(
        name="reviews",
        weight=0.13,
        hashtag=0.0,
        emoji=0.10,
        talkative=0.90,
        openers=("", "", "Third time now. ", "First visit. ", "Verified buyer. ", "After two weeks: "),
    ),
    Venue(
        name="news",
        weight=0.11,
        hashtag=0.0,
        emoji=0.02,
        talkative=0.70,
        openers=(
            "",
            "",
            "Good article. ",
            "With respect, ",
            "As a regular, I can say this: ",
            "Once again: ",
        ),
    ),
)

SUBJECTS = (
    Subject(
        name="Aurora X2",
        hashtag="#AuroraX2",
        weight=1.4,
        temper=0.2,
        aspects=("the battery", "the camera", "the screen", "the latest update", "the fingerprint reader"),
        good_news=("the free battery swap", "the night mode update", "the price cut"),
        bad_news=("the overheating", "the update that bricks phones", "the recall"),
    ),
    Subject(
        name="Lumen",
        hashtag="#Lumen",
        weight=1.2,
        temper=0.1,
        aspects=("the new season", "the finale", "the app", "the sound mix", "the list of suggestions"),
        good_news=("the surprise finale", "the renewal for a third season", "the restored classics"),
        bad_news=("the outage in the finale", "the price rise", "the cancelled series"),
    ),
    Subject(
        name="NorthAir",
        hashtag="#NorthAir",
        weight=1.2,
        temper=-0.2,
        aspects=("the boarding", "the baggage desk", "the cabin crew", "the legroom", "the rebooking"),
        good_news=("the free rebooking", "the extra flights", "the crew that sang for the kids"),
        bad_news=("the cancelled flights", "the baggage belt failure", "the ten-hour delay"),
    ),
    Subject(
        name="Line 4",
        hashtag="#Line4",
        weight=1.0,
        temper=-0.15,
        aspects=("the morning service", "the new timetable", "the air conditioning", "the ticket machine"),
        good_news=("the night service", "the new trains", "the free weekend"),
        bad_news=("the signal failure", "the strike", "the flooded station"),
    ),
    Subject(
        name="Beanline",
        hashtag="#Beanline",
        weight=0.9,
        temper=0.3,
        aspects=("the oat flat white", "the queue", "the loyalty card", "the breakfast menu", "the new cup"),
        good_news=("the free refill day", "the new roast", "the shop by the harbour"),
        bad_news=("the price of a small coffee", "the recalled oat milk", "the closed branch"),
    ),
    Subject(
        name="Harbour City FC",
        hashtag="#HarbourCity",
        weight=1.1,
        temper=0.0,
        aspects=("the defence", "the midfield", "the new stand", "the ticket sale", "the second half"),
        good_news=("the late winner", "the cup draw", "the comeback"),
        bad_news=("the own goal", "the penalty miss", "the injury"),
    ),
    Subject(
        name="Kestrel 3",
        hashtag="#launch",
        weight=0.9,
        temper=0.25,
        aspects=("the installer", "the new editor", "the documentation", "the dark mode", "the upgrade"),
        good_news=("the launch", "the speed of the launch build", "the free tier"),
        bad_news=("the data loss after the launch", "the broken login", "the licence change"),
    ),
)

POSITIVE = (
    "{aspect} of {subject} is so much better than I expected",
    "really happy with {subject}, {aspect} is a joy",
    "{subject} got it right: {aspect} just works",
    "I love {aspect} of {subject}",
    "thank you {subject}, {aspect} made my day",
    "{aspect} of {subject} is excellent this year",
    "credit where it is due, {aspect} of {subject} is great",
    "finally something good: {aspect} of {subject} is wonderful",
)
NEGATIVE = (
    "{aspect} of {subject} is a disaster",
    "so disappointed with {subject}, {aspect} keeps getting worse",
    "{subject} should be ashamed, {aspect} is terrible",
    "I hate {aspect} of {subject}",
    "an hour wasted because {aspect} of {subject} failed again",
    "{aspect} of {subject} is broken and nobody answers",
    "never again, {subject}: {aspect} is awful",
    "what a mess, {aspect} of {subject} ruined my morning",
)
NEUTRAL = (
    "does anyone know when {subject} changes {aspect}?",
    "{subject} says {aspect} will stay as it is until spring",
    "looking for a comparison of {aspect} between {subject} and others",
    "there is a page about {aspect} on the site of {subject}",
    "{subject} has a new notice about {aspect}",
    "asking for a friend: how does {aspect} of {subject} work?",
)
GOOD_NEWS = (
    "{news}! Best thing {subject} has done in years",
    "did everyone see {news}? {subject} made me smile today",
    "so glad about {news}, well done {subject}",
    "{subject} and {news}: what a lovely surprise",
)
BAD_NEWS = (
    "{news} again. {subject}, this is unacceptable",
    "stuck because of {news}. Thanks for nothing, {subject}",
    "{subject} owes everyone an apology for {news}",
    "still no word from {subject} about {news}, I am furious",
)
AFTERTHOUGHTS = {
    "positive": (
        "Made my whole week.",
        "Would recommend it to anyone.",
        "More of this, please!",
        "Did not see that coming, in the best way.",
        "My family agrees.",
    ),
    "negative": (
        "I want my money back.",
        "It makes me so angry.",
        "It is sad, it used to be good.",
        "I am worried it will get worse.",
        "Disgusting how they treat people.",
        "How can they not see this?",
    ),
    "neutral": (
        "Details are on the site.",
        "Asking before the weekend.",
        "Will post when I know more.",
        "It says the same on the poster.",
    ),
}
EMOJI = {
    "positive": ("😍", "🎉", "😊", "🙌", "❤️"),
    "negative": ("😡", "😞", "🤦", "💔", "🙄"),
    "neutral": ("🤔", "👀", "📎"),
}

OTHER_LANGUAGES = {
    "es": {
        "positive": ("Me encanta {subject}, todo funciona de maravilla", "Gracias {subject}, qué alegría"),
        "negative": ("Qué vergüenza {subject}, nada funciona", "Muy decepcionada con {subject}, fatal"),
        "neutral": ("¿Alguien sabe el horario de {subject}?", "{subject} publica un aviso nuevo"),
    },
    "de": {
        "positive": ("Bin begeistert von {subject}, einfach super", "Danke {subject}, das war großartig"),
        "negative": ("Schon wieder Ärger mit {subject}, unmöglich", "{subject} ist nur noch enttäuschend"),
        "neutral": ("Weiß jemand, wann {subject} öffnet?", "{subject} hat eine neue Mitteilung"),
    },
    "fr": {
        "positive": ("J'adore {subject}, vraiment parfait", "Merci {subject}, quelle belle surprise"),
        "negative": ("Quelle honte {subject}, rien ne marche", "Très déçu par {subject}, horrible"),
        "neutral": ("Quelqu'un connaît les horaires de {subject} ?", "{subject} publie un nouvel avis"),
    },
    "pt": {
        "positive": ("Adorei {subject}, funciona muito bem", "Obrigado {subject}, que alegria"),
        "negative": ("Que vergonha {subject}, nada funciona", "Péssimo, {subject} só piora"),
        "neutral": ("Alguém sabe o horário de {subject}?", "{subject} publicou um aviso novo"),
    },
}
OTHER_LANGUAGE_SHARE = 0.08

ECHOES = ("RT {text}", "This. {text}", "{text} +1", "{text} (same here)", "So true: {text}", "{text}!!")
EDITS = ("{text} (edited: typo)", "{text} Edit: thanks for the replies!", "Edit: it was fixed. {text}")

ADJECTIVES = (
    "quiet", "red", "early", "lucky", "old", "blue", "tiny", "salty", "north", "lazy",
    "bright", "late", "green", "calm", "wild", "sunny", "plain", "brave", "odd", "silver",
)  # fmt: skip
ANIMALS = (
    "otter", "heron", "badger", "finch", "lynx", "marten", "crow", "newt", "hare", "seal", "wren", "moth", "pike",
    "stoat", "gull", "vole", "toad", "kite", "swift", "perch", "boar", "dove", "ibis", "elk", "bat", "fox", "owl",
    "carp", "mole", "swan",
)  # fmt: skip
