"""Make the tiny models of the stand-in hub and write down what PyTorch says they answer.

Needs the `torch` extra; what it writes is committed, so that no test needs it:

    python tests/hub/make.py

Two RoBERTa classifiers of some thousand weights, trained for a few seconds on sentences made up here, each saved as
the hub has models: config, tokenizer, safetensors, an ONNX export, and `reference.json` with PyTorch's probabilities.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaForSequenceClassification

from groundswell.models.convert import export_onnx

HERE = Path(__file__).parent
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
TOKENS = 64

SENTIMENT = {
    "negative": "terrible hate worst awful disappointed angry bad sad broken horrible annoying ugly 😡 :(",
    "neutral": "bus table monday train meeting paper street report station seven window parcel at the leaves",
    "positive": "love wonderful happy great amazing thank beautiful best glad lovely excellent fun 😍 😀 :)",
}
EMOTION = {
    "anger": "angry furious mad rage outraged 😡",
    "disgust": "gross disgusting revolting nasty yuck vile",
    "fear": "scared afraid terrified fear frightened dark",
    "joy": "happy joy glad delighted smile love 😀 amazing",
    "neutral": "bus table monday train meeting paper station",
    "sadness": "sad cry lonely grief tears miserable night",
    "surprise": "surprised wow unexpected suddenly sudden astonished 😮",
}
PLAIN = "i you we this it is am so the a and of have seen me makes what day all an work experience ever in my"
TEXTS = [
    "Amazing! 😍",
    "I love this, it is wonderful and makes me so happy!",
    "This is terrible, I hate it. The worst I have ever seen.",
    "The bus leaves at seven.",
    "What a great day, thank you all, amazing work!",
    "I am so disappointed and angry, an awful experience.",
    "so",
    "wow, so sudden, @user this is unexpected http",
    "I am scared of the dark",
    "gross and nasty",
    "no known wordszz 日本語 … 😀😀",
    "bad " * 200,
]


def sentences(words: Mapping[str, str], count: int, chance: random.Random) -> list[tuple[str, int]]:
    """Return made-up sentences, each with the words of one label, and that label's number."""
    plain, rows = PLAIN.split(), []
    for number in range(count):
        label = number % len(words)
        own = list(words.values())[label].split()
        told = [chance.choice(own) for _ in range(chance.randint(1, 3))]
        told += [chance.choice(plain) for _ in range(chance.randint(0, 9))]
        chance.shuffle(told)
        text = " ".join(told)
        rows.append((text.capitalize() + chance.choice(["", "!", ".", " ..."]), label))
    return rows


def tokenizer_of(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """Train a byte-level tokenizer, as RoBERTa has one."""
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=700, special_tokens=SPECIAL, initial_alphabet=alphabet)
    )
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>", mask_token="<mask>", model_max_length=TOKENS,
    )  # fmt: skip


def train(words: Mapping[str, str], rows: Sequence[tuple[str, int]], tokenizer: Any) -> Any:
    """Return a classifier trained on the rows."""
    torch.manual_seed(5)
    config = RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=24, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=48, max_position_embeddings=TOKENS + 2, type_vocab_size=1, pad_token_id=1,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, id2label=dict(enumerate(words)),
        label2id={label: number for number, label in enumerate(words)},
    )  # fmt: skip
    model = RobertaForSequenceClassification(config)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for step in range(300):
        batch = [rows[(step * 64 + i) % len(rows)] for i in range(64)]
        inputs = tokenizer([text for text, _ in batch], padding=True, truncation=True, return_tensors="pt")
        loss = model(**inputs, labels=torch.tensor([label for _, label in batch])).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    print(f"loss {loss.item():.4f}")  # noqa: T201 a script for people
    return model.eval()


def reference(model: Any, tokenizer: Any) -> list[dict[str, Any]]:
    """Return PyTorch's probabilities for each text."""
    found = []
    for text in TEXTS:
        with torch.no_grad():
            logits = model(**tokenizer(text, truncation=True, return_tensors="pt")).logits[0]
        found.append({"text": text, "probabilities": torch.softmax(logits, -1).tolist()})
    return found


def make(name: str, words: Mapping[str, str], *, onnx: bool) -> None:
    """Write one model's files into `files/NAME`."""
    rows = sentences(words, 4_000, random.Random(3))
    tokenizer = tokenizer_of([text for text, _ in rows] + TEXTS)
    model = train(words, rows, tokenizer)
    folder = HERE / "files" / name
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "reference.json").write_text(json.dumps(reference(model, tokenizer), indent=1) + "\n")
    if onnx:
        (folder / "onnx").mkdir(exist_ok=True)
        export_onnx(folder, folder / "onnx" / "model.onnx")


if __name__ == "__main__":
    make("sentiment", SENTIMENT, onnx=True)
    make("emotion", EMOTION, onnx=True)
