"""The network that is trained: an encoder, mean pooling, and heads that read the pooled vector."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def build(base: Path, heads: Mapping[str, int], *, stored: bool, dropout: float = 0.1) -> Any:
    """Return an encoder read from a folder, with one linear head per entry of ``heads`` (name: number of labels).

    With ``stored`` the heads read the vector as it will be stored, int8 and a scale, and gradients pass through the
    rounding as if it were not there (straight-through, Bengio et al. 2013).
    """
    import torch
    from transformers import AutoModel

    class Network(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            # Plain attention: at 30 tokens the backward pass of the fused one cost ten times its forward pass,
            # three tenths of a step on a CPU (PyTorch 2.13, bfloat16).
            self.encoder = AutoModel.from_pretrained(
                base,
                attention_probs_dropout_prob=0.0,
                hidden_dropout_prob=dropout,
                attn_implementation="eager",
                local_files_only=True,
            ).float()
            self.encoder.pooler = None
            width = self.encoder.config.hidden_size
            self.heads = torch.nn.ModuleDict(
                {name: torch.nn.Linear(width, size) for name, size in heads.items()}
            )

        def pooled(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            """Return the mean of the token vectors, shape (rows, width), float32."""
            tokens = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
            weight = mask.unsqueeze(-1).float()
            return (tokens * weight).sum(1) / weight.sum(1).clamp(min=1.0)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
            """Return the logits of every head, float32."""
            vector = self.pooled(ids, mask)
            vector = _as_stored(vector) if stored else vector
            with torch.autocast("cpu", enabled=False):
                return {name: head(vector) for name, head in self.heads.items()}

    return Network()


def _as_stored(vector: "torch.Tensor") -> "torch.Tensor":
    """Round each row to int8 with its own scale, letting gradients through unchanged."""
    scale = vector.detach().abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127.0
    rounded = (vector.detach() / scale).round() * scale
    return vector + (rounded - vector.detach())


def start_heads(network: Any, weights: Mapping[str, Any]) -> None:
    """Let the heads begin with these weights, those of them that the network has."""
    import torch

    with torch.no_grad():
        for name, weight in network.named_parameters():
            if name in weights:
                weight.copy_(torch.from_numpy(weights[name]))


def freeze(network: Any, *, layers: int) -> None:
    """Keep the embeddings and the lowest ``layers`` layers as they are: cheaper, and rare words keep their meaning."""
    still = [network.encoder.embeddings, *network.encoder.encoder.layer[:layers]]
    # MPNet's layers share one table of relative positions; training it would send gradients through every layer.
    bias = getattr(network.encoder.encoder, "relative_attention_bias", None)
    for part in still + ([bias] if bias is not None else []):
        for weight in part.parameters():
            weight.requires_grad_(False)
