"""The training loop: one pass over mixed batches in which every head learns from the rows that have its labels."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.learning import checkpoint
from groundswell.learning.batches import bucketed, padded
from groundswell.learning.schedule import warm_then_linear

if TYPE_CHECKING:
    import torch

#: ``one``: exactly one label is right (softmax); ``any``: each label is right or wrong by itself (sigmoid).
HeadKind = Literal["one", "any"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Everything that decides how a run goes, apart from its data and its starting weights."""

    #: The peak learning rate of the encoder; heads learn ``head_factor`` times as fast.
    rate: float
    head_factor: float = 5.0
    epochs: int = 1
    rows: int = 32
    warm_up: float = 0.06
    weight_decay: float = 0.01
    #: Weight of each head's loss.
    heads: Mapping[str, float]
    kinds: Mapping[str, HeadKind]
    #: Decay of the running average of the weights, or 0 to keep the last weights.
    average: float = 0.0
    seed: int = 1
    threads: int = 2
    checkpoint_seconds: float = 240.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """Tokenised texts and their targets."""

    ids: Sequence[Sequence[int]]
    #: Head name to probabilities, shape (texts, labels); a row of NaN says the text has no label for that head.
    targets: Mapping[str, NDArray[np.float32]]
    pad: int

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Where a run stands."""

    step: int
    steps: int
    loss: float
    seconds_per_step: float


def finetune(
    network: Any, material: Material, plan: Plan, folder: Path, report: Callable[[Progress], None]
) -> dict[str, Any]:
    """Train to the end, or on from the folder's checkpoint; return the final weights (the running average, if kept)."""
    import torch

    torch.set_num_threads(plan.threads)
    run = _Run(network, material, plan, folder)
    run.resume()
    while run.step < run.steps:
        run.advance()
        report(run.progress())
    run.save()
    return run.weights()


class _Run:
    """The state of one run: what a checkpoint holds, and how one step changes it."""

    def __init__(self, network: Any, material: Material, plan: Plan, folder: Path) -> None:
        import torch

        self.network, self.material, self.plan, self.folder = network, material, plan, folder
        self.optimiser = torch.optim.AdamW(
            _groups(network, plan), lr=plan.rate, betas=(0.9, 0.98), fused=True
        )
        self.steps = plan.epochs * len(self._batches(0))
        self.step, self.loss, self.pace, self.saved_at = 0, 0.0, 0.0, time.monotonic()
        self.epoch, self.batches = -1, list[NDArray[np.int64]]()
        self.average = _copy(network) if plan.average else None
        self.half = has_bfloat16()

    def _batches(self, epoch: int) -> list[NDArray[np.int64]]:
        lengths = [len(row) for row in self.material.ids]
        return bucketed(lengths, rows=self.plan.rows, seed=self.plan.seed * 1000 + epoch)

    def advance(self) -> None:
        """Do one step."""
        import torch

        began = time.monotonic()
        epoch, at = divmod(self.step, self.steps // self.plan.epochs)
        if epoch != self.epoch:
            self.epoch, self.batches = epoch, self._batches(epoch)
        # Seeding each step makes a resumed run draw the same dropout as one that never stopped.
        torch.manual_seed(self.plan.seed * 1_000_003 + self.step)
        loss = self._learn(self.batches[at])
        self.step += 1
        self.loss = loss if self.step == 1 else 0.98 * self.loss + 0.02 * loss
        self._average()
        took = time.monotonic() - began
        self.pace = took if not self.pace else 0.95 * self.pace + 0.05 * took
        if time.monotonic() - self.saved_at > self.plan.checkpoint_seconds:
            self.save()

    def _learn(self, rows: NDArray[np.int64]) -> float:
        import torch

        factor = warm_then_linear(self.step, steps=self.steps, warm_up=self.plan.warm_up)
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * factor
        self.network.train()
        ids, mask = padded([self.material.ids[i] for i in rows], pad=self.material.pad)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.half):
            logits = self.network(torch.from_numpy(ids), torch.from_numpy(mask))
        targets = {name: torch.from_numpy(values[rows]) for name, values in self.material.targets.items()}
        loss = total_loss(logits, targets, self.plan)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([w for g in self.optimiser.param_groups for w in g["params"]], 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return float(loss.detach())

    def _average(self) -> None:
        import torch

        if self.average is None:
            return
        # Early on the average follows closely, or the first, bad weights would stay in it for long.
        decay = min(self.plan.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, weight in self.network.named_parameters():
                self.average[name].lerp_(weight.detach(), 1 - decay)

    def progress(self) -> Progress:
        """Return where the run stands."""
        return Progress(step=self.step, steps=self.steps, loss=self.loss, seconds_per_step=self.pace)

    def weights(self) -> dict[str, Any]:
        """Return the weights to keep."""
        return dict(self.average) if self.average is not None else _copy(self.network)

    def save(self) -> None:
        """Write a checkpoint and a line of the curve."""
        state = {"step": self.step, "loss": self.loss, "network": self.network.state_dict()}
        state |= {"optimiser": self.optimiser.state_dict(), "average": self.average}
        checkpoint.save(self.folder, state)
        with (self.folder / "curve.jsonl").open("a", encoding="utf-8") as curve:
            curve.write(json.dumps(asdict(self.progress())) + "\n")
        self.saved_at = time.monotonic()

    def resume(self) -> None:
        """Go on from the folder's checkpoint, if there is one."""
        state = checkpoint.load(self.folder)
        if state is None:
            return
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.loss, self.average = state["step"], state["loss"], state["average"]


def has_bfloat16() -> bool:
    """Tell whether the processor multiplies 16-bit floats itself; one that does not would take many times as long."""
    import torch

    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16") or able.get("bf16"))


def total_loss(
    logits: Mapping[str, "torch.Tensor"], targets: Mapping[str, "torch.Tensor"], plan: Plan
) -> Any:
    """Return the weighted sum over heads of the mean cross-entropy of the rows that have labels."""
    import torch
    from torch.nn import functional

    total = torch.zeros(())
    for name, weight in plan.heads.items():
        known = ~targets[name].isnan().any(dim=1)
        if not bool(known.any()):
            continue
        wanted, found = targets[name][known], logits[name][known]
        if plan.kinds[name] == "one":
            part = functional.cross_entropy(found, wanted, reduction="sum")
        else:
            part = functional.binary_cross_entropy_with_logits(found, wanted, reduction="sum")
        # Divided by all rows of the batch, so that a row weighs the same whatever stands beside it.
        total = total + weight * part / len(targets[name])
    return total


def _groups(network: Any, plan: Plan) -> list[dict[str, Any]]:
    """Group the weights by rate and decay; biases and norms do not decay (Loshchilov & Hutter 2019)."""
    groups: dict[tuple[float, float], list[Any]] = {}
    for name, weight in network.named_parameters():
        if weight.requires_grad:
            rate = plan.rate * (plan.head_factor if name.startswith("heads.") else 1.0)
            decay = plan.weight_decay if weight.dim() > 1 else 0.0
            groups.setdefault((rate, decay), []).append(weight)
    return [
        {"params": weights, "peak": rate, "weight_decay": decay} for (rate, decay), weights in groups.items()
    ]


def _copy(network: Any) -> dict[str, Any]:
    return {name: weight.detach().clone() for name, weight in network.named_parameters()}
