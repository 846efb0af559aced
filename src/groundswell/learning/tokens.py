"""Token ids of texts, by the encoder folder's own tokenizer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: Longest text in training, in tokens; tweets average 25.
MAX_TOKENS = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """Token ids of texts and the id that pads them."""

    ids: list[list[int]]
    pad: int


def tokenise(folder: Path, texts: Sequence[str], *, longest: int = MAX_TOKENS) -> Tokens:
    """Return the ids of each text, cut to ``longest`` tokens, without padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    pad = (tokenizer.padding or {"pad_id": 0})["pad_id"]
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return Tokens(ids=[encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))], pad=pad)
