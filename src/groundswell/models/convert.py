"""Turns a classifier of the hub that has no ONNX file into one, with PyTorch, in a process of its own.

    python -m groundswell.models.convert FOLDER OUT.onnx

The folder holds `config.json` and `model.safetensors`. No code of the model's author is loaded, and nothing is
unpickled: the architecture must be one that transformers knows.
"""

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

from groundswell.core.errors import BadArtefact, MissingExtra

OPSET = 17
MOST_SECONDS = 1_800.0
INPUTS = ("input_ids", "attention_mask")


def export_onnx(folder: Path, target: Path) -> None:
    """Write the classifier in `folder` as ONNX: token ids and mask in, logits out, any length.

    Raises `MissingExtra` without PyTorch, `BadArtefact` for a model it cannot read.
    """
    try:
        import torch
        from transformers import AutoModelForSequenceClassification
    except ImportError:
        raise MissingExtra(
            "This model has no ONNX file; to convert it run `pip install 'groundswell[torch]'`."
        ) from None
    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            attn_implementation="eager",
        )
    except (OSError, ValueError, KeyError) as error:
        raise BadArtefact(f"The model cannot be converted: {str(error)[:200]}") from None
    example = torch.ones((1, 5), dtype=torch.long) * 3
    axes = {name: {0: "texts", 1: "tokens"} for name in INPUTS}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a tracer that warns of Python numbers in the graph
        torch.onnx.export(
            _logits_of(model.eval()).eval(),
            (example, torch.ones_like(example)),
            str(target),
            input_names=list(INPUTS),
            output_names=["logits"],
            dynamic_axes={**axes, "logits": {0: "texts"}},
            opset_version=OPSET,
            dynamo=False,
        )


def _logits_of(model: Any) -> Any:
    import torch

    class Logits(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    return Logits()


def convert_apart(folder: Path, target: Path) -> None:
    """Convert in a child process, whose memory is gone when it ends; raises like `export_onnx`."""
    command = [sys.executable, "-P", "-m", "groundswell.models.convert", str(folder), str(target)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise BadArtefact("Converting the model took too long.") from None
    says = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
    if done.returncode == 3:
        raise MissingExtra(says[0])
    if done.returncode != 0 or not target.is_file():
        raise BadArtefact(f"The model cannot be converted to ONNX: {says[0][:200]}")


def main() -> int:
    """Convert as the command line says; 3: PyTorch is missing."""
    try:
        export_onnx(Path(sys.argv[1]), Path(sys.argv[2]))
    except MissingExtra as error:
        sys.stderr.write(f"{error.message}\n")
        return 3
    except BadArtefact as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
