"""What a version knows of words and of its training rows, without loading it: for looking at drift."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.core.text import normalise
from groundswell.models.artefact import Artefact
from groundswell.models.heads import Stored
from groundswell.models.transformer import TOKENIZER

REFERENCE = "reference.safetensors"
UNKNOWN = "[UNK]"

Floats = NDArray[np.float64]
UnknownShares = Callable[[Sequence[str]], Floats]
"""Returns for each text the share of its tokens that the version has no word piece for."""


def unknown_shares(artefact: Artefact) -> UnknownShares | None:
    """Return what measures that for a version; None: it has no word pieces."""
    if TOKENIZER not in artefact.manifest["files"]:
        return None
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(artefact.path(TOKENIZER)))
    tokenizer.no_padding()
    unknown = tokenizer.token_to_id(UNKNOWN)

    def shares(texts: Sequence[str]) -> Floats:
        encoded = tokenizer.encode_batch_fast([normalise(text) for text in texts], add_special_tokens=False)
        return np.array([_share(one.ids, unknown) for one in encoded], dtype=np.float64)

    return shares


def _share(ids: Sequence[int], unknown: int | None) -> float:
    return sum(one == unknown for one in ids) / len(ids) if ids else 0.0


def reference_vectors(artefact: Artefact) -> Floats | None:
    """Return the vectors of a version's training rows, shape (rows, width); None: it carries none."""
    if REFERENCE not in artefact.manifest["files"]:
        return None
    from safetensors.numpy import load_file

    tensors = load_file(artefact.path(REFERENCE))
    return plain(Stored(values=tensors["rehearsal.values"], scales=tensors["rehearsal.scales"]))


def plain(stored: Stored) -> Floats:
    """Return stored vectors as numbers."""
    return stored.values.astype(np.float64) * stored.scales[:, None].astype(np.float64)
