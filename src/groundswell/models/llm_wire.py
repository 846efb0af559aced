"""The two wires LLM providers speak: chat completions (OpenAI, Groq, Ollama, vLLM) and messages (Anthropic).

Sources: platform.openai.com/docs/api-reference/chat, docs.anthropic.com/en/api/messages. No tools are offered, and
the answer's schema is closed; what comes back is checked all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from groundswell.core.errors import BadSettings

Form = Literal["schema", "object", "free"]
"""How strictly a provider is asked to keep to JSON; not every server knows the stricter ones."""

FORMS: tuple[Form, ...] = ("schema", "object", "free")


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked once."""

    model: str
    system: str
    #: alternating, the user's first
    turns: tuple[str, ...]
    schema: Mapping[str, Any]
    max_tokens: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back."""

    text: str
    refused: bool
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """Where one is asked, and how."""

    name: str
    base_url: str
    model: str
    speaks: Literal["chat", "messages"]
    #: the name the wire gives to the limit of the answer
    limit: str = "max_tokens"

    @property
    def url(self) -> str:
        """The address of every question."""
        return self.base_url.rstrip("/") + ("/chat/completions" if self.speaks == "chat" else "/v1/messages")

    def headers(self, key: str) -> dict[str, str]:
        """Return what identifies us."""
        if self.speaks == "messages":
            return {"anthropic-version": "2023-06-01", **({"x-api-key": key} if key else {})}
        return {"Authorization": f"Bearer {key}"} if key else {}

    def body(self, question: Question, form: Form) -> dict[str, Any]:
        """Return the request's body."""
        roles = ("user", "assistant")
        turns = [{"role": roles[i % 2], "content": turn} for i, turn in enumerate(question.turns)]
        body: dict[str, Any] = {"model": question.model, self.limit: question.max_tokens}
        if self.speaks == "messages":
            body |= {"system": question.system, "messages": turns}
            if form == "schema":
                body["output_config"] = {"format": {"type": "json_schema", "schema": question.schema}}
            return body
        body |= {"messages": [{"role": "system", "content": question.system}, *turns]}
        if form == "schema":
            named = {"name": "reading", "strict": True, "schema": question.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        elif form == "object":
            body["response_format"] = {"type": "json_object"}
        return body

    def answer(self, body: Any) -> Answer:
        """Return what a body says; raises `ValueError`, `KeyError`, `TypeError` or `IndexError` for another form."""
        usage = body.get("usage") or {}
        if self.speaks == "messages":
            texts = [str(part.get("text", "")) for part in body["content"] if part.get("type") == "text"]
            return Answer(
                text="".join(texts),
                refused=body.get("stop_reason") == "refusal",
                tokens_in=_count(usage.get("input_tokens")),
                tokens_out=_count(usage.get("output_tokens")),
            )
        choice = body["choices"][0]
        message = choice["message"]
        return Answer(
            text=str(message.get("content") or ""),
            refused=bool(message.get("refusal")) or choice.get("finish_reason") == "content_filter",
            tokens_in=_count(usage.get("prompt_tokens")),
            tokens_out=_count(usage.get("completion_tokens")),
        )


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else 0


KNOWN = {
    "groq": Provider(
        name="groq", base_url="https://api.groq.com/openai/v1", model="llama-3.1-8b-instant", speaks="chat",
        limit="max_completion_tokens",
    ),
    "openai": Provider(
        name="openai", base_url="https://api.openai.com/v1", model="gpt-4o-mini", speaks="chat",
        limit="max_completion_tokens",
    ),
    "anthropic": Provider(
        name="anthropic", base_url="https://api.anthropic.com", model="claude-haiku-4-5", speaks="messages"
    ),
}  # fmt: skip
"""Providers by name, each with a small model of its own."""


def provider_of(name: str, *, base_url: str, model: str) -> Provider | None:
    """Return the provider that settings name; None: there is none. Raises `BadSettings`."""
    if not name and not base_url:
        return None
    if name and name not in KNOWN:
        raise BadSettings(f"LLM_PROVIDER is {name[:40]}; it must be one of {', '.join(KNOWN)}.")
    if base_url and not base_url.startswith(("http://", "https://")):
        raise BadSettings("LLM_BASE_URL must begin with https:// or http://.")
    known = KNOWN.get(name) or Provider(name="llm", base_url=base_url, model="", speaks="chat")
    if not (model or known.model):
        raise BadSettings("LLM_BASE_URL needs LLM_MODEL, the model's name there.")
    return Provider(
        name=known.name,
        base_url=base_url or known.base_url,
        model=model or known.model,
        speaks=known.speaks,
        limit="max_tokens" if base_url else known.limit,  # what compatible servers know
    )
