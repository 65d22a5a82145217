"""Gradients: one batch on several cores, each core a part of its rows.

Threads of one operation wait for each other hundreds of times a step, and one busy neighbour on the machine makes all
of them wait; parts of a batch meet once a step. Where the cores are shared this was several times as fast.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import torch
from torch import Tensor, nn

CostOf = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Row positions of a batch to the summed cost of those rows, and the weight of what is known in them."""


def accumulate(parameters: Sequence[nn.Parameter], cost_of: CostOf, parts: Sequence[Tensor], pool: Executor) -> float:
    """Set every parameter's gradient to that of the mean cost over all parts.

    Args:
        parameters: those that learn.
        cost_of: see `CostOf`; called in the pool's threads.
        parts: row positions, each in exactly one part.
        pool: at least one worker.

    Returns:
        The mean cost; 0 where nothing is known.

    """

    def part_of(positions: Tensor) -> tuple[float, float, tuple[Tensor | None, ...]]:
        cost, weight = cost_of(positions)
        gradients = torch.autograd.grad(cost, parameters, allow_unused=True)
        return float(cost.detach()), float(weight), gradients

    results = list(pool.map(part_of, parts))
    total = max(sum(weight for _, weight, _ in results), 1e-6)
    for position, parameter in enumerate(parameters):
        shares = [gradients[position] for _, _, gradients in results]
        present = [share for share in shares if share is not None]
        parameter.grad = _sum(present).div_(total) if present else None
    return sum(cost for cost, _, _ in results) / total


def _sum(tensors: list[Tensor]) -> Tensor:
    first, *rest = tensors
    for tensor in rest:
        first.add_(tensor)
    return first
