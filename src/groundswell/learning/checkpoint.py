"""Checkpoints of a training run: written whole or not at all, resumed to the very step."""

import os
from pathlib import Path
from typing import Any

_NAME = "checkpoint.pt"


def save(folder: Path, state: dict[str, Any]) -> None:
    """Replace the folder's checkpoint in one step; a crash leaves the old one."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{_NAME}.part"
    torch.save(state, part)
    os.replace(part, folder / _NAME)


def load(folder: Path) -> dict[str, Any] | None:
    """Return the folder's checkpoint, or None when there is none; only tensors and plain values are read."""
    import torch

    path = folder / _NAME
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, weights_only=True)
    return state
