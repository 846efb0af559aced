"""all-MiniLM-L6-v2 on LitServe, written as its documentation says; arguments: FOLDER ENGINE BATCH PORT.

Runs in the environment of LitServe, so it imports nothing of ours. ENGINE is torch (float32) or onnx (dynamic int8);
FOLDER holds the weights as Hugging Face has them, and `onnx/model_quantized.onnx`.
"""

import sys
from collections.abc import Sequence
from typing import Any

import litserve
import numpy as np

FOLDER, ENGINE, BATCH, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
WINDOW_SECONDS = 0.002
LONGEST = 128
THREADS = 2


class MiniLM(litserve.LitAPI):
    """Answers a text's vector's first numbers: to send all of them would measure JSON."""

    def setup(self, device: str) -> None:
        """Load tokenizer and weights."""
        from tokenizers import Tokenizer

        del device
        self.tokenizer = Tokenizer.from_file(f"{FOLDER}/tokenizer.json")
        self.tokenizer.enable_truncation(LONGEST)
        self.tokenizer.enable_padding()
        self.encode = _torch() if ENGINE == "torch" else _onnx()

    def decode_request(self, request: dict[str, Any], **more: Any) -> str:
        """Return the text."""
        del more
        return str(request["text"])

    def batch(self, inputs: Sequence[str]) -> Sequence[str]:
        """Leave a batch as it is."""
        return inputs

    def unbatch(self, output: Sequence[Any]) -> Any:
        """Return answers one by one."""
        return list(output)

    def predict(self, x: Any, **more: Any) -> Any:
        """Return a vector a text."""
        del more
        texts = [x] if isinstance(x, str) else list(x)
        encoded = self.tokenizer.encode_batch(texts)
        ids = np.array([one.ids for one in encoded], dtype=np.int64)
        mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
        vectors = self.encode(ids, mask)
        return vectors[0] if isinstance(x, str) else list(vectors)

    def encode_response(self, output: Any, **more: Any) -> dict[str, Any]:
        """Shape the answer."""
        del more
        return {"vector": [float(value) for value in output[:10]]}


def _torch() -> Any:
    import torch
    from transformers import AutoModel

    torch.set_num_threads(THREADS)
    model = AutoModel.from_pretrained(FOLDER).eval()

    def encode(ids: Any, mask: Any) -> Any:
        with torch.inference_mode():
            tokens = model(torch.from_numpy(ids), torch.from_numpy(mask)).last_hidden_state.numpy()
        return (tokens * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)

    return encode


def _onnx() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(f"{FOLDER}/onnx/model_quantized.onnx", options)
    inputs = {entry.name for entry in session.get_inputs()}

    def encode(ids: Any, mask: Any) -> Any:
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        tokens = session.run(None, {name: feed[name] for name in inputs})[0]
        return (tokens * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)

    return encode


if __name__ == "__main__":
    api = MiniLM(max_batch_size=BATCH, batch_timeout=WINDOW_SECONDS if BATCH > 1 else 0.0)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(port=PORT, host="127.0.0.1", log_level="warning", generate_client_file=False)
