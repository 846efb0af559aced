"""What a client of the live feed is sent: every event by its `type`, and the AsyncAPI document made of them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from groundswell import __version__
from groundswell.core.mood import Emotion, Sentiment

Cursor = Annotated[str, Field(description="Connect with `?cursor=` to resume behind this event.")]


class LiveData(BaseModel):
    """Data may carry more than is named here."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Connected(LiveData):
    """The first event: the feed begins."""

    type: Literal["connection"]
    message: str = Field(description="A welcome.")
    timestamp: datetime = Field(description="When it was sent.")
    cursor: Cursor


class NewPostData(LiveData):
    """A post that was stored, or stored again after an edit; clients apply it by `id`."""

    id: str = Field(description="Our id of the post.")
    post_id: str = Field(description="The source's id of the post.")
    source: str = Field(description="Where it was written.")
    content: str = Field(description="What was written.")
    sentiment: Sentiment = Field(description="The likeliest sentiment.")
    confidence: float = Field(description="Its probability.")
    emotion: Emotion | None = Field(description="The largest emotion; null where the model reads none.")
    timestamp: datetime = Field(description="When it was read.")


class NewPost(LiveData):
    """A post, as soon as it is stored; of more than `rate` a second, a sample."""

    type: Literal["new_post"]
    data: NewPostData = Field(description="The post.")
    cursor: Cursor


class Erased(LiveData):
    """A post is gone: clients forget it."""

    type: Literal["erased"]
    data: Any = Field(description="`id` of the post.")
    cursor: Cursor


class NumbersData(LiveData):
    """Absolute totals, read once per process."""

    total_posts: int = Field(description="Posts of the window.")
    positive: int = Field(description="Read as positive.")
    negative: int = Field(description="Read as negative.")
    neutral: int = Field(description="Read as neutral.")
    timestamp: datetime = Field(description="When they were read.")
    window_hours: float = Field(description="Length of the window, which ends now.")
    rate: float | None = Field(description="Posts settled a second; null while Valkey is away.")
    lag_seconds: float | None = Field(description="Age of the oldest post that waits.")
    feed_share: float = Field(description="Share of the matching posts that this client was sent lately.")


class Numbers(LiveData):
    """The day's totals, every two seconds when they changed."""

    type: Literal["metrics"]
    data: NumbersData = Field(description="The totals.")


class Alerted(LiveData):
    """An alert was opened or closed."""

    type: Literal["alert"]
    data: Any = Field(description="The alert, as `GET /api/v1/alerts/{id}` answers it.")
    cursor: Cursor


class ModelMovedData(LiveData):
    """A model version and what it is now."""

    key: str = Field(description="The model's key.")
    version: str = Field(description="Its version.")
    stage: str = Field(description="`candidate`, `shadow`, `production` or `archived`.")


class ModelMoved(LiveData):
    """A version of a model has another stage, as production or shadow; it has no cursor and is never sent again."""

    type: Literal["model"]
    data: ModelMovedData = Field(description="The version and its stage.")


class Missed(LiveData):
    """The client was slow, or away for too long: some events were not sent."""

    type: Literal["gap"]
    missed: int | None = Field(description="How many; null: nobody knows.")


EVENTS = (Connected, NewPost, Erased, Numbers, Alerted, ModelMoved, Missed)
Event = Annotated[
    Connected | NewPost | Erased | Numbers | Alerted | ModelMoved | Missed, Field(discriminator="type")
]
ANY_EVENT: TypeAdapter[Any] = TypeAdapter(Event)

_PARAMETERS = {
    "topic": "A topic's name or number.",
    "source": "Posts of this source only.",
    "sentiment": "Posts of this mood only.",
    "lang": "Posts in this language only; `und`: in none declared.",
    "rate": "Posts a second, 20 by default; of more the feed is a sample.",
    "cursor": "Resume behind this event; what came since is sent first.",
}


def document() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document of the WebSocket (https://www.asyncapi.com/docs/reference/specification/v3.0.0)."""
    messages = {kind.model_fields["type"].annotation.__args__[0]: kind for kind in EVENTS}  # type: ignore[union-attr]
    query = {
        "type": "object",
        "properties": {
            name: {"type": "number" if name == "rate" else "string", "description": text}
            for name, text in _PARAMETERS.items()
        },
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Groundswell, live",
            "version": __version__,
            "description": "What is read and counted, as it happens. Clients apply posts by `id`.",
        },
        "channels": {
            "live": {
                "address": "/api/v1/live",
                "description": "Also at `/ws/sentiment` and `/ws`, for earlier clients.",
                "bindings": {"ws": {"method": "GET", "query": query}},
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {"listen": {"action": "send", "channel": {"$ref": "#/channels/live"}}},
        "components": {"messages": {name: _message(name, kind) for name, kind in messages.items()}},
    }


def _message(name: str, kind: type[BaseModel]) -> dict[str, Any]:
    schema = kind.model_json_schema(ref_template=f"#/components/messages/{name}/payload/$defs/{{model}}")
    return {"name": name, "summary": (kind.__doc__ or "").strip(), "payload": schema}
