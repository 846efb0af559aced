"""A model that another process serves: calls are batched, connections kept alive, and every wait has an end."""

import random
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from groundswell.core.clock import Clock
from groundswell.core.errors import Busy, InvalidInput, ModelUnavailable, UnreadableText
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Attribution, Reading
from groundswell.core.text import tokens
from groundswell.models.occlusion import MOST_WORDS
from groundswell.models.port import ModelInfo, Patience

if TYPE_CHECKING:
    import httpx

MOST_TEXTS = 1_000
MOST_BYTES = 1_900_000
"""Of one request: the service refuses more texts, or 2 MiB."""

CONNECTIONS = 16
TRIES = 3
PAUSE_SECONDS = (0.02, 0.06)
"""Between two tries, drawn at random, so that many clients do not return at once."""
TRIED_AGAIN = {502, 504}
"""Answers of a balancer that could not reach a replica: another one may answer."""


class ServiceModel:
    """The model behind `url`; safe to call from several threads.

    Only what did not reach a service is tried again (a refused or broken connection, a balancer's
    502 or 504), with jitter, within the deadline.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        seconds: float = 0.8,
        key: str = "",
        rng: random.Random | None = None,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        import httpx

        self._clock, self._seconds, self._patience = clock, seconds, Patience(seconds=seconds)
        self._rng = rng or random.Random()
        self._client = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {key}"} if key else {},
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            transport=transport,
            trust_env=False,
        )
        self._lock = threading.Lock()
        self._info: ModelInfo | None = None

    @property
    def info(self) -> ModelInfo:
        """What the service last said about its model; before its first word, that it is a service."""
        return self._info or ModelInfo(
            key="service",
            version="0",
            description="A model service that has not answered yet.",
            labels=SENTIMENTS,
            has_emotions=False,
        )

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Read `texts` in requests the service accepts.

        Raises `UnreadableText` when it refuses one of them, `Busy` when it is full, `ModelUnavailable` when it
        does not answer within its time.
        """
        seconds = self._patience.of(len(texts), sum(map(tokens, texts)))
        deadline = self._clock.monotonic() + seconds
        readings = self._read(texts, deadline)
        if len({reading.model_used for reading in readings}) > 1:  # it changed its model between two requests
            readings = self._read(texts, deadline)
        if len({reading.model_used for reading in readings}) > 1:
            raise ModelUnavailable("The replicas of the model service answer with different versions.")
        if readings:
            self._learn(readings[0])
        return readings

    def _read(self, texts: Sequence[str], deadline: float) -> list[Reading]:
        readings: list[Reading] = []
        for part in _parts(texts):
            body = self._post("/predict/batch", {"texts": part}, deadline)
            readings += _readings(body)
        return readings

    def explain(self, text: str) -> list[Attribution]:
        """Return what the service's model says about each token; raises as `read` does."""
        size = tokens(text)
        variants = min(size, MOST_WORDS)  # the text is read once more without each word
        seconds = 9 * self._seconds + self._patience.of(variants, variants * size)
        deadline = self._clock.monotonic() + seconds
        body = self._post("/predict", {"text": text, "explain": True}, deadline)
        return [Attribution(**one) for one in body.get("attributions", [])]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _learn(self, reading: Reading) -> None:
        key, _, version = reading.model_used.partition("@")
        with self._lock:
            if self._info is None or self._info.name != reading.model_used:
                self._info = ModelInfo(
                    key=key,
                    version=version,
                    description=f"Served by the model service at {self._client.base_url.host}.",
                    labels=SENTIMENTS,
                    has_emotions=reading.emotions is not None,
                )

    def _post(self, path: str, body: Mapping[str, Any], deadline: float) -> Any:
        import httpx

        why = "the time is up"
        for attempt in range(TRIES):
            left = deadline - self._clock.monotonic()
            if left <= 0:
                break
            try:
                answer = self._client.post(path, json=body, timeout=left)
            except httpx.TimeoutException:
                why = "no answer in time"
                break
            except httpx.TransportError as error:
                why = type(error).__name__
            else:
                if answer.status_code not in TRIED_AGAIN:
                    return _checked(answer)
                why = f"answer {answer.status_code}"
            if attempt + 1 < TRIES:
                self._clock.sleep(min(max(0.0, left), self._rng.uniform(*PAUSE_SECONDS)))
        raise ModelUnavailable(f"The model service does not answer: {why}.")


def _parts(texts: Sequence[str]) -> list[list[str]]:
    """Cut `texts` into requests."""
    parts: list[list[str]] = []
    size = MOST_BYTES
    for text in texts:
        more = len(text.encode(errors="replace")) + 8
        if size + more > MOST_BYTES or len(parts[-1]) >= MOST_TEXTS:
            parts.append([])
            size = 0
        parts[-1].append(text)
        size += more
    return parts


def _checked(answer: "httpx.Response") -> Any:
    if answer.status_code == 200:
        try:
            return answer.json()
        except ValueError:
            raise ModelUnavailable("The model service answers what is no JSON.") from None
    if answer.status_code in {400, 413}:
        raise InvalidInput("The model service refuses the text.")
    if answer.status_code == 429:
        raise Busy("The model service is full at the moment; try again later.")
    raise ModelUnavailable(f"The model service answers {answer.status_code}.")


def _readings(body: Any) -> list[Reading]:
    try:
        return [_reading(result) for result in body["results"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ModelUnavailable("The model service answers in a form that is not ours.") from None


def _reading(result: Mapping[str, Any]) -> Reading:
    if "error" in result:
        raise UnreadableText(str(result["error"].get("message") or "The text cannot be read by the model."))
    scores, emotions = result["scores"], result["emotions"]
    negative, neutral, positive = (float(scores[label]) for label in SENTIMENTS)
    return Reading(
        scores=(negative, neutral, positive),
        emotions=None if emotions is None else tuple(float(emotions[label]) for label in EMOTIONS),
        model_used=str(result["model_used"]),
        fallback_used=bool(result.get("fallback_used", False)),
    )
