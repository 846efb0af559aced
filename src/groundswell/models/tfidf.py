"""TF-IDF of words and pairs of words under a linear model: a small, exact, explainable baseline and fallback."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from groundswell.core.errors import BadArtefact
from groundswell.core.mood import SENTIMENTS, Attribution, Reading
from groundswell.core.text import NormalText, normalise, normalise_with_offsets
from groundswell.models.artefact import Artefact
from groundswell.models.port import ModelInfo
from groundswell.statistics.calibration import softmax

Floats = NDArray[np.float64]

VOCABULARY = "vocabulary.txt"
WEIGHTS = "weights.safetensors"

# Emoticons before words, or ":D" would lose its mouth; runs of ! and ? are words of their own.
_TOKEN = re.compile(r"[:;=][-o*']?[)(\]\[dp/\\|3]|<3|[!?]+|\w+(?:['\u2019]\w+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Terms of texts as a sparse matrix in coordinate form, sorted by text, then term."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    counts: NDArray[np.int64]
    texts: int


def tokens(text: str) -> list[str]:
    """Return the words of a normalised text, lower case."""
    return _TOKEN.findall(text.lower())


def terms(text: str) -> list[str]:
    """Return the words of a normalised text and each pair of neighbours, joined by a space."""
    words = tokens(text)
    return words + [f"{left} {right}" for left, right in pairwise(words)]


def count_terms(texts: Iterable[str], vocabulary: dict[str, int]) -> Counts:
    """Count the vocabulary's terms in normalised texts."""
    size = len(vocabulary)
    keys: list[int] = []
    row = -1
    for row, text in enumerate(texts):
        base = row * size
        keys.extend(base + vocabulary[term] for term in terms(text) if term in vocabulary)
    found, counts = np.unique(np.asarray(keys, dtype=np.int64), return_counts=True)
    return Counts(rows=found // max(1, size), columns=found % max(1, size), counts=counts, texts=row + 1)


def weigh(counts: Counts, idf: Floats) -> Floats:
    """Return the TF-IDF of each entry: sublinear counts times idf, each text scaled to length 1."""
    raw = (1.0 + np.log(counts.counts)) * idf[counts.columns]
    lengths = np.sqrt(np.bincount(counts.rows, weights=raw * raw, minlength=counts.texts))
    result: Floats = raw / np.maximum(lengths, 1e-12)[counts.rows]
    return result


class TfidfModel:
    """A trained version behind the port."""

    def __init__(self, artefact: Artefact) -> None:
        from safetensors.numpy import load_file

        lines = artefact.path(VOCABULARY).read_text(encoding="utf-8").splitlines()
        self._vocabulary = {term: column for column, term in enumerate(lines)}
        tensors = load_file(artefact.path(WEIGHTS))
        self._idf = tensors["idf"].astype(np.float64)
        self._weight = tensors["weight"].astype(np.float64)
        self._bias = tensors["bias"].astype(np.float64)
        if self._weight.shape != (len(lines), len(SENTIMENTS)) or self._idf.shape != (len(lines),):
            raise BadArtefact(f"The weights of {artefact.key}@{artefact.version} do not fit its vocabulary.")
        self.temperature = float(artefact.manifest["calibration"]["sentiment"]["temperature"])
        self.info = ModelInfo(
            key=artefact.key,
            version=artefact.version,
            description=str(artefact.manifest.get("description", "TF-IDF and logistic regression.")),
            labels=SENTIMENTS,
            has_emotions=False,
        )

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Return one reading per text, in order."""
        scores = softmax(self.logits([normalise(text) for text in texts]) / self.temperature)
        return [
            Reading(scores=(row[0], row[1], row[2]), model_used=self.info.name) for row in scores.tolist()
        ]

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return uncalibrated logits of normalised texts, shape (texts, 3)."""
        counts = count_terms(texts, self._vocabulary)
        values = weigh(counts, self._idf)
        columns = [
            np.bincount(
                counts.rows, weights=values * self._weight[counts.columns, label], minlength=counts.texts
            )
            for label in range(len(SENTIMENTS))
        ]
        result: Floats = np.stack(columns, axis=1).reshape(len(texts), len(SENTIMENTS)) + self._bias
        return result

    def explain(self, text: str) -> list[Attribution]:
        """Return each word's exact share of the answer's logit, over the mean of all logits.

        A pair's share is split evenly between its two words; the shares and the bias add up to the logit.
        """
        normal = normalise_with_offsets(text)
        label = int(self.logits([normal.text]).argmax()) if normal.text else 0
        contributions = self._contributions(normal.text, label)
        words = [match.group() for match in _TOKEN.finditer(normal.text.lower())]
        weights = np.array([contributions.get(word, 0.0) for word in words])
        for i, (left, right) in enumerate(pairwise(words)):
            weights[i : i + 2] += contributions.get(f"{left} {right}", 0.0) / 2
        spans = [match.span() for match in _TOKEN.finditer(normal.text.lower())]
        return [_attribution(text, normal, span, float(w)) for span, w in zip(spans, weights, strict=True)]

    def _contributions(self, text: str, label: int) -> dict[str, float]:
        """Return what one occurrence of each term adds to the label's logit above the mean of the labels."""
        counts = count_terms([text], self._vocabulary)
        weight = self._weight[counts.columns]
        shares = weigh(counts, self._idf) * (weight[:, label] - weight.mean(axis=1)) / self.temperature
        names = {column: term for term, column in self._vocabulary.items()} if len(counts.columns) else {}
        return {
            names[int(column)]: float(share / count)
            for column, share, count in zip(counts.columns, shares, counts.counts, strict=True)
        }


def _attribution(text: str, normal: NormalText, span: tuple[int, int], weight: float) -> Attribution:
    start, end = normal.original(*span)
    return Attribution(token=text[start:end], start=start, end=end, weight=weight)
