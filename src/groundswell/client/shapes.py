"""What the API answers, as types: dictionaries, so that nothing it adds later is lost."""

from typing import Any, TypedDict

from groundswell.core.mood import Emotion, Sentiment


class Prediction(TypedDict):
    """What a model reads in a text."""

    text: str
    sentiment: Sentiment
    label: str
    confidence: float
    scores: dict[Sentiment, float]
    emotion: Emotion | None
    emotions: dict[Emotion, float] | None
    model: str
    model_used: str
    fallback_used: bool
    processing_time_ms: float
    timestamp: str


class Failed(TypedDict):
    """A text of a batch that could not be read."""

    index: int
    error: dict[str, Any]


class Post(TypedDict):
    """A post with its headline reading."""

    id: str
    post_id: str
    source: str
    content: str
    author: str | None
    url: str | None
    lang: str | None
    created_at: str
    ingested_at: str
    analyzed_at: str
    sentiment: Sentiment
    confidence: float
    scores: dict[Sentiment, float]
    emotion: Emotion | None
    model_used: str
    fallback_used: bool
    topics: list[str]
