"""Training the TF-IDF model: class-balanced logistic regression, temperature fitted on rows held out of training."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.core.errors import BadData, MissingExtra
from groundswell.core.mood import SENTIMENTS
from groundswell.learning.corpus import Example
from groundswell.models.tfidf import VOCABULARY, WEIGHTS, Counts, count_terms, terms, weigh
from groundswell.statistics.calibration import fit_temperature


@dataclass(frozen=True, kw_only=True, slots=True)
class TfidfPlan:
    """What decides a run, apart from its data."""

    #: A term must occur in this many texts: rarer ones cost space and are mostly names.
    min_texts: int = 3
    max_terms: int = 60_000
    #: Inverse strength of the L2 penalty.
    c: float = 1.5
    #: 1 weighs classes as if equally frequent (balanced), 0 as they come.
    balance: float = 1.0
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class TfidfWeights:
    """A trained model's numbers."""

    vocabulary: list[str]
    #: shape (terms,)
    idf: NDArray[np.float64]
    #: shape (terms, 3)
    weight: NDArray[np.float64]
    #: shape (3,)
    bias: NDArray[np.float64]
    temperature: float

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return uncalibrated logits of normalised texts, shape (texts, 3)."""
        counts = count_terms(texts, {term: i for i, term in enumerate(self.vocabulary)})
        result: NDArray[np.float64] = _matrix(counts, self.idf) @ self.weight + self.bias
        return result


def sentiment_labels(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Return each example's sentiment as its place in `SENTIMENTS`."""
    places = {label: place for place, label in enumerate(SENTIMENTS)}
    return np.array([places[example.labels[0]] for example in examples], dtype=np.int64)  # type: ignore[index]


def choose_vocabulary(texts: Sequence[str], plan: TfidfPlan) -> list[str]:
    """Return the terms found in most texts, alphabetically, at most `max_terms` of them."""
    found = Counter(term for text in texts for term in set(terms(text)))
    frequent = [(count, term) for term, count in found.items() if count >= plan.min_texts]
    frequent.sort(key=lambda entry: (-entry[0], entry[1]))
    return sorted(term for _, term in frequent[: plan.max_terms])


def train_tfidf(train: Sequence[Example], held_out: Sequence[Example], plan: TfidfPlan) -> TfidfWeights:
    """Fit the model on `train` and its temperature on `held_out`."""
    texts = [example.text for example in train]
    vocabulary = choose_vocabulary(texts, plan)
    counts = count_terms(texts, {term: i for i, term in enumerate(vocabulary)})
    idf = np.log((1 + counts.texts) / (1 + np.bincount(counts.columns, minlength=len(vocabulary)))) + 1
    model = _regression(sentiment_labels(train), plan)
    model.fit(_matrix(counts, idf), sentiment_labels(train))
    weights = TfidfWeights(
        vocabulary=vocabulary, idf=idf, weight=model.coef_.T, bias=model.intercept_, temperature=1.0
    )
    return _calibrated(weights, held_out)


def save_weights(weights: TfidfWeights, folder: Path) -> None:
    """Write the vocabulary and the numbers; half precision changes no label that a user would notice (measured)."""
    from safetensors.numpy import save_file

    folder.joinpath(VOCABULARY).write_text("\n".join(weights.vocabulary) + "\n", encoding="utf-8")
    tensors = {"idf": weights.idf, "weight": weights.weight, "bias": weights.bias}
    save_file({name: value.astype(np.float16) for name, value in tensors.items()}, folder / WEIGHTS)


def _regression(labels: NDArray[np.int64], plan: TfidfPlan) -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingExtra from None

    counts = np.bincount(labels, minlength=len(SENTIMENTS))
    if not counts.all():
        raise BadData(
            f"The training texts must show every sentiment; none is {SENTIMENTS[int(counts.argmin())]}."
        )
    balanced = counts.sum() / (len(SENTIMENTS) * counts)
    share = {label: float(balanced[label] ** plan.balance) for label in range(len(SENTIMENTS))}
    return LogisticRegression(C=plan.c, class_weight=share, max_iter=400, random_state=plan.seed)


def _matrix(counts: Counts, idf: NDArray[np.float64]) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix((weigh(counts, idf), (counts.rows, counts.columns)), shape=(counts.texts, len(idf)))


def _calibrated(weights: TfidfWeights, held_out: Sequence[Example]) -> TfidfWeights:
    if not held_out:
        return weights
    temperature = fit_temperature(
        weights.logits([example.text for example in held_out]), sentiment_labels(held_out)
    )
    return TfidfWeights(
        vocabulary=weights.vocabulary,
        idf=weights.idf,
        weight=weights.weight,
        bias=weights.bias,
        temperature=temperature,
    )
