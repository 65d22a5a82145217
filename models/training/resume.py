"""Resume: what a killed run needs to go on as if nothing had happened, in one file that is always whole."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.contracts.base import Value
from models.training.config import config_toml
from models.training.errors import CheckpointError

RESUME = "resume.pt"


@dataclass(frozen=True)
class Snapshot:
    """The state of a run between two steps.

    The data order is a function of the seed and the step, so the step stands for it.

    Attributes:
        run_key: names the configuration and dataset it belongs to.
        step: steps done.
        weights: the classifier's state.
        averages: the averaged weights, in parameter order.
        optimiser: the optimiser's state.
        best: best validation score so far.
        waited: looks since then.
        rng: torch's CPU generator, which draws the dropout masks.
        cuda_rng: one a CUDA device.

    """

    run_key: str
    step: int
    weights: dict[str, Tensor]
    averages: list[Tensor]
    optimiser: dict[str, Any]
    best: float
    waited: int
    rng: Tensor
    cuda_rng: list[Tensor]


def run_key(config: Value, dataset_digest: str) -> str:
    """sha256 of everything that decides the steps of a run; threads and file intervals do not."""
    deciding = config.model_copy(update={"threads": 1, "resume_every_steps": 1})
    return hashlib.sha256(f"{config_toml(deciding)}\n{dataset_digest}".encode()).hexdigest()


def save_snapshot(snapshot: Snapshot, run_dir: Path) -> None:
    """Write `resume.pt`: the new file is complete on disk before it takes the place of the old one."""
    partial = run_dir / (RESUME + ".partial")
    with partial.open("wb") as file:
        torch.save(vars(snapshot), file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(run_dir / RESUME)


def load_snapshot(run_dir: Path, key: str) -> Snapshot | None:
    """The last snapshot, or None where there is none.

    Raises:
        CheckpointError: it belongs to another configuration or dataset.

    """
    path = run_dir / RESUME
    if not path.is_file():
        return None
    snapshot = Snapshot(**torch.load(path, map_location="cpu", weights_only=True))
    if snapshot.run_key != key:
        raise CheckpointError(f"{path} belongs to another configuration or dataset; start afresh with --fresh")
    return snapshot


def take_up(snapshot: Snapshot, model: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """Put weights, the optimiser and torch's generators where the snapshot left them."""
    model.load_state_dict(snapshot.weights)
    optimiser.load_state_dict(snapshot.optimiser)
    torch.set_rng_state(snapshot.rng)
    if snapshot.cuda_rng:
        torch.cuda.set_rng_state_all(snapshot.cuda_rng)


def cuda_rng_states() -> list[Tensor]:
    """The generators of the CUDA devices; empty without any."""
    return list(torch.cuda.get_rng_state_all()) if torch.cuda.is_available() else []
