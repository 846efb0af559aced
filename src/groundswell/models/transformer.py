"""The small transformer behind the port: an engine for the encoder, our own heads on its vector, no PyTorch."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.core.mood import EMOTIONS, SENTIMENTS, Attribution, Reading, Vector
from groundswell.core.text import normalise, normalise_with_offsets
from groundswell.models.artefact import Artefact
from groundswell.models.engine import Engine, encoder
from groundswell.models.heads import Heads, Stored, from_vectors, load_heads, to_stored
from groundswell.models.occlusion import attributions, occlusions
from groundswell.models.onnx_scan import refuse_external_data
from groundswell.models.port import ModelInfo

ENCODER = "encoder.onnx"
TOKENIZER = "tokenizer.json"
HEADS = "heads.safetensors"

TOKEN_BUDGET = 2_048
"""Most tokens of one pass: larger passes fall out of the cache (measured, benchmarks/)."""

MAX_TOKENS = 256
"""A text is read up to here; a tweet has about 25 tokens, a page of prose 500."""


def passes(lengths: Sequence[int], *, budget: int = TOKEN_BUDGET) -> Iterator[NDArray[np.int64]]:
    """Yield indices of texts that go through the encoder together: of one length, at most `budget` tokens.

    Without padding no work is wasted, and the arithmetic of a text is the same in every batch: its answer never
    depends on its neighbours or their order.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    for length in np.unique(sizes):
        members = np.flatnonzero(sizes == length)
        rows = max(1, budget // max(1, int(length)))
        for at in range(0, len(members), rows):
            yield members[at : at + rows]


class TransformerModel:
    """A trained version; safe to call from several threads."""

    def __init__(self, artefact: Artefact, *, threads: int = 1, engine: Engine = "onnxruntime") -> None:
        from tokenizers import Tokenizer

        self.info = _info(artefact)
        self.encoder = artefact.sha256(ENCODER)
        refuse_external_data(artefact.path(ENCODER))
        self._encode = encoder(artefact.path(ENCODER), threads=threads, engine=engine)
        self._tokenizer: Any = Tokenizer.from_file(str(artefact.path(TOKENIZER)))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(
            int(artefact.manifest.get("options", {}).get("max_tokens", MAX_TOKENS))
        )
        self.heads = heads_in(artefact)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Return one reading per text, in order, each with its vector."""
        if not texts:
            return []
        stored = self.embed([normalise(text) for text in texts])
        return self.heads.read(stored, stored.vectors(self.encoder))

    def read_vectors(self, vectors: Sequence[Vector]) -> list[Reading]:
        """Return what the heads read in stored vectors of this encoder: the same as when the texts were read."""
        return self.heads.read(from_vectors(vectors), vectors) if vectors else []

    def embed(self, texts: Sequence[str]) -> Stored:
        """Return the vectors of normalised texts as they are stored; texts of the same tokens are encoded once."""
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        ids = [tuple(encoding.ids) for encoding in encoded]
        places = {row: place for place, row in enumerate(dict.fromkeys(ids))}
        return to_stored(self._pooled(list(places))[[places[row] for row in ids]])

    def _pooled(self, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return one vector a row of token ids, in order."""
        pooled: NDArray[np.float32] | None = None
        for members in passes([len(row) for row in ids]):
            vectors = self._encode(np.array([ids[i] for i in members], dtype=np.int64))
            if pooled is None:
                pooled = np.empty((len(ids), vectors.shape[1]), dtype=np.float32)
            pooled[members] = vectors
        return pooled if pooled is not None else np.empty((0, 0), dtype=np.float32)

    def explain(self, text: str) -> list[Attribution]:
        """Weigh each word by how the answer's log-odds fall when it is left out; all in one batch."""
        normal = normalise_with_offsets(text)
        spans, variants = occlusions(normal.text)
        if not spans:
            return []
        scores = self.heads.sentiment_scores(self.embed([normal.text, *variants]))
        return attributions(text, normal, spans, scores)


def heads_in(artefact: Artefact) -> Heads:
    """Return the heads of a version; they need no encoder to read stored vectors."""
    calibration = artefact.manifest.get("calibration", {})
    temperatures = {task: float(entry["temperature"]) for task, entry in calibration.items()}
    name = f"{artefact.key}@{artefact.version}"
    return load_heads(artefact.path(HEADS), name=name, temperatures=temperatures)


def _info(artefact: Artefact) -> ModelInfo:
    manifest = artefact.manifest
    has_emotions = "emotion" in manifest["labels"]
    thresholds = manifest.get("thresholds", {}).get("emotion", [0.5] * len(EMOTIONS))
    return ModelInfo(
        key=artefact.key,
        version=artefact.version,
        description=str(manifest.get("description", "A small transformer.")),
        labels=SENTIMENTS,
        has_emotions=has_emotions,
        emotion_thresholds=tuple(float(value) for value in thresholds) if has_emotions else (),
    )
