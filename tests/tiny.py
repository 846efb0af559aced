"""A transformer of a few thousand weights, made on the spot: everything but its judgement is as in the real one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.learning.graph import write_encoder
from groundswell.learning.publish import Version, publish
from groundswell.learning.quantise import calibrate
from groundswell.learning.weights import MAX_TOKENS, Encoder, Floats, Layer, Linear, Norm

WIDTH, WIDE, HEADS, LAYERS = 32, 64, 4, 2
WORDS = [
    "good",
    "bad",
    "day",
    "what",
    "a",
    "not",
    "love",
    "##ly",
    "##s",
    "@",
    "user",
    "http",
    "!",
    "?",
    ".",
    "so",
]
VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    *WORDS,
    *"bcdefghijklmnopqrstuvwxyz",
    *(f"##{c}" for c in "abcdefgh"),
]


def tiny_tokenizer() -> Tokenizer:
    ids = {word: i for i, word in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    specials = [("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])]
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=specials)
    return tokenizer


def tiny_encoder(*, relative: bool = False) -> Encoder:
    random = np.random.default_rng(7)

    def numbers(*shape: int, scale: float = 0.3) -> Floats:
        return (scale * random.standard_normal(shape)).astype(np.float32)

    def linear(inputs: int, outputs: int) -> Linear:
        return Linear(weight=numbers(inputs, outputs), bias=numbers(outputs))

    def norm() -> Norm:
        return Norm(gain=1 + numbers(WIDTH), shift=numbers(WIDTH))

    layers = [
        Layer(
            qkv=linear(WIDTH, 3 * WIDTH),
            out=linear(WIDTH, WIDTH),
            norm_attention=norm(),
            up=linear(WIDTH, WIDE),
            down=linear(WIDE, WIDTH),
            norm_output=norm(),
        )
        for _ in range(LAYERS)
    ]
    return Encoder(
        words=numbers(len(VOCABULARY), WIDTH, scale=1.0),
        positions=numbers(MAX_TOKENS, WIDTH),
        norm=norm(),
        layers=layers,
        heads=HEADS,
        epsilon=1e-12,
        relative=numbers(HEADS, MAX_TOKENS, MAX_TOKENS) if relative else None,
    )


def make_tiny(folder: Path) -> Path:
    """Write a whole version, `tiny@1`, and return its folder."""
    target = folder / "tiny" / "1"
    target.mkdir(parents=True)
    tokenizer = tiny_tokenizer()
    tokenizer.save(str(target / "tokenizer.json"))
    ids = [tokenizer.encode(f"what a {word} day so love ##ly").ids for word in WORDS]
    encoder = tiny_encoder()
    write_encoder(encoder, target / "encoder.onnx", sites=calibrate(encoder, ids))
    random = np.random.default_rng(8)
    heads = {}
    for name, labels in (("sentiment", SENTIMENTS), ("emotion", EMOTIONS)):
        heads[f"{name}.weight"] = random.standard_normal((WIDTH, len(labels))).astype(np.float32)
        heads[f"{name}.bias"] = np.zeros(len(labels), dtype=np.float32)
    save_file(heads, target / "heads.safetensors")
    version = Version(
        key="tiny",
        version="1",
        kind="transformer",
        description="A toy.",
        labels={"sentiment": list(SENTIMENTS), "emotion": list(EMOTIONS)},
        calibration={"sentiment": {"temperature": 1.5}},
        thresholds={"emotion": [0.5] * len(EMOTIONS)},
        command="tests/tiny.py",
    )
    publish(target, version, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    return target
