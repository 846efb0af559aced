"""Fine-tuning needs PyTorch, which only the extra `finetune` brings; without it these tests do not exist."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") and find_spec("transformers") else ["test_*.py"]
