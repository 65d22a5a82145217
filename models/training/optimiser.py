"""Optimiser: AdamW with a learning rate a layer, linear warm-up and decay, and an average of the weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from models.training.config import OptimiserConfig

BASE_LR = "base_lr"


def build_optimiser(model: nn.Module, config: OptimiserConfig) -> torch.optim.AdamW:
    """One group a layer of `model.encoder`, and one for what is beside it; biases and norms are not decayed.

    Frozen parameters are left out.

    Source: Howard & Ruder (2018), "Universal language model fine-tuning", section 3.2, for rates that fall towards
    the input.
    """
    n_layers = max(_depth(name) for name, _ in model.named_parameters())
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            lr = config.lr * config.layer_decay ** (n_layers - _depth(name)) if "encoder." in name else config.head_lr
            decay = config.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((lr, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "lr": lr, BASE_LR: lr, "weight_decay": decay}
            for (lr, decay), parameters in groups.items()
        ],
        fused=True,
    )


def _depth(name: str) -> int:
    """0 for the embeddings, i + 1 for layer i (`encoder.encoder.layer.3.output...`)."""
    _, found, rest = name.partition(".layer.")
    return int(rest.partition(".")[0]) + 1 if found else 0


def lr_factor(step: int, n_steps: int, warmup_share: float) -> float:
    """What the base rates are multiplied by: up from 0 over the warm-up, then down to 0 at the end. In [0, 1]."""
    warmup = max(1, round(n_steps * warmup_share))
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (n_steps - step) / max(1, n_steps - warmup))


def set_lr(optimiser: torch.optim.Optimizer, factor: float) -> float:
    """Scale every group's base rate; returns the largest rate, which is the heads'."""
    for group in optimiser.param_groups:
        group["lr"] = group[BASE_LR] * factor
    return max(float(group["lr"]) for group in optimiser.param_groups)


class WeightAverage:
    """An exponential moving average of the trainable weights.

    Source: Polyak & Juditsky (1992) for averaging; the decay rises with the step so that the start is forgotten.
    """

    def __init__(self, parameters: list[nn.Parameter], decay: float) -> None:
        self._parameters = parameters
        self._decay = decay
        self.averages: list[Tensor] = [parameter.detach().clone() for parameter in parameters]

    def update(self, step: int) -> None:
        """Move towards the weights after a step."""
        decay = min(self._decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(self.averages, list(self._parameters), 1.0 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model has the averaged weights inside the block, and its own again after it."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self) -> None:
        for position, parameter in enumerate(self._parameters):
            own = parameter.data
            parameter.data = self.averages[position]
            self.averages[position] = own
