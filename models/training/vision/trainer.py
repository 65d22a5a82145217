"""Trainer of the image model: scores and places first. Resumable; the same seed gives the same order of pictures."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.training.device import autocast
from models.training.history import append_record, rewind
from models.training.losses import label_balance, masked_loss
from models.training.optimiser import BASE_LR, WeightAverage, set_lr
from models.training.resume import Snapshot, load_snapshot, run_key, save_snapshot, take_up
from models.training.vision.augmentation import MIN_VISIBLE, Views, augment
from models.training.vision.chance import happen, happens
from models.training.vision.config import VisionConfig
from models.training.vision.cutouts import Scrap, collect_scraps, harmless_scrap, paste
from models.training.vision.losses import region_loss
from models.training.vision.material import UNKNOWN, VisionMaterial
from models.training.vision.model import SIDE, VisionModel
from models.training.vision.sampling import plan_rows

LOG_EVERY_STEPS: Final = 25
HISTORY: Final = "history.jsonl"


@dataclass(frozen=True)
class VisionProgress:
    """Where a run is: steps done, mean loss and pictures a second since the last log line."""

    step: int
    n_steps: int
    loss: float
    pictures_per_s: float


Report = Callable[[VisionProgress], None]


class VisionTrainer:
    """Fits one model to the given rows of a material."""

    def __init__(
        self,
        config: VisionConfig,
        material: VisionMaterial,
        rows: NDArray[np.int64],
        model: VisionModel,
        run_dir: Path,
        key: str,
        report: Report,
    ) -> None:
        self._config = config
        self._material = material
        self._model = model
        self._run_dir = run_dir
        self._report = report
        self._key = run_key(config, key)
        self._plan = plan_rows(material.sources[rows], config.sampling, config.optimiser, config.seed)
        self._rows = rows
        self._balance = label_balance(material.targets[rows], len(config.labels), config.loss)
        self._harmful = harmful_kinds(config)
        self._scraps = collect_scraps(material, rows, tuple(self._harmful))
        self._harmless = rows[(material.targets[rows][:, : len(config.labels)] == 0).all(axis=1)]
        self._parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self._optimiser = build_vision_optimiser(model, config)
        self._average = WeightAverage(self._parameters, config.optimiser.average_decay)

    @property
    def n_steps(self) -> int:
        """Steps of the whole run."""
        return len(self._plan)

    def fit(self) -> None:
        """Train from the start or the last snapshot to the end; the model then has the averaged weights.

        Raises:
            CheckpointError: the folder's snapshot belongs to another run.

        """
        step = self._restore()
        losses: list[float] = []
        began = time.perf_counter()
        self._model.train()
        while step < len(self._plan):
            losses.append(self._step(step))
            step += 1
            rate = len(losses) * self._config.optimiser.batch / (time.perf_counter() - began)
            self._report(VisionProgress(step, len(self._plan), float(np.mean(losses)), rate))
            if step % LOG_EVERY_STEPS == 0 or step == len(self._plan):
                record = {"step": step, "loss": float(np.mean(losses)), "pictures_per_s": round(rate, 1)}
                append_record(self._run_dir / HISTORY, record)
                losses, began = [], time.perf_counter()
            if step % self._config.resume_every_steps == 0 or step == len(self._plan):
                save_snapshot(self._snapshot(step), self._run_dir)
        with torch.no_grad():
            for parameter, average in zip(self._parameters, self._average.averages, strict=True):
                parameter.copy_(average)
        self._model.eval()

    def _step(self, step: int) -> float:
        optimiser = self._config.optimiser
        rng = np.random.default_rng([self._config.seed, step, 7])
        set_lr(self._optimiser, cosine_factor(step, len(self._plan), optimiser.warmup_share))
        views, targets, known = self._batch(self._rows[self._plan[step]], rng)
        pixels = views.pixels.contiguous(memory_format=torch.channels_last)
        with autocast(torch.device("cpu"), self._config.precision):
            logits, regions = self._model.judge(pixels)
        total, count = masked_loss(logits.float(), targets, torch.ones(len(targets)), self._balance, self._config.loss)
        places = region_loss(regions.float(), views.masks, known)
        loss = total / count.clamp_min(1.0) + self._config.region_weight * places
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._parameters, optimiser.clip_norm)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self._average.update(step)
        return float(loss.detach())

    def _batch(self, rows: NDArray[np.int64], rng: np.random.Generator) -> tuple[Views, Tensor, Tensor]:
        """Views of these pictures, what is true of them after cut-outs and crops, and which places are labelled."""
        pixels, masks = self._material.pixels(rows), self._material.masks(rows)
        targets = torch.from_numpy(self._material.targets[rows]).clone()
        self._lay_cutouts(rows, pixels, masks, targets, rng)
        views = augment(pixels, masks, self._config.augmentation, SIDE, rng)
        for kind, column in self._harmful.items():
            lost = (views.visible[:, kind] < MIN_VISIBLE) & (targets[:, column] == 1)
            targets[lost, column] = UNKNOWN
            targets[lost, len(self._config.labels) : -1] = UNKNOWN
        return views, targets, torch.from_numpy(self._material.kinds_known[rows])

    def _lay_cutouts(
        self, rows: NDArray[np.int64], pixels: Tensor, masks: Tensor, targets: Tensor, rng: np.random.Generator
    ) -> None:
        labels = slice(0, len(self._config.labels))
        for index in np.flatnonzero(happen(rng, self._config.augmentation.cutouts, len(rows))):
            if not self._scraps or not (targets[index, labels] == 0).all():
                continue
            scrap = self._draw_scrap(rng)
            paste(pixels[index], masks[index], self._material, scrap, rng)
            targets[index, len(self._config.labels) :] = UNKNOWN
            if scrap.kind is not None:
                targets[index, self._harmful[scrap.kind]] = 1

    def _draw_scrap(self, rng: np.random.Generator) -> Scrap:
        scrap = self._scraps[int(rng.integers(len(self._scraps)))]
        if happens(rng, 0.5):
            return scrap
        row = int(self._harmless[int(rng.integers(len(self._harmless)))])
        return harmless_scrap(row, self._material.canvases.shape[-1], scrap)

    def _snapshot(self, step: int) -> Snapshot:
        return Snapshot(
            self._key,
            step,
            self._model.state_dict(),
            self._average.averages,
            self._optimiser.state_dict(),
            0.0,
            0,
            torch.get_rng_state(),
            [],
        )

    def _restore(self) -> int:
        snapshot = load_snapshot(self._run_dir, self._key)
        if snapshot is None:
            return 0
        take_up(snapshot, self._model, self._optimiser)
        for own, saved in zip(self._average.averages, snapshot.averages, strict=True):
            own.copy_(saved)
        rewind(self._run_dir / HISTORY, snapshot.step)
        return snapshot.step


def harmful_kinds(config: VisionConfig) -> dict[int, int]:
    """Region kinds that carry a label's name: position of the kind to column of the label."""
    return {kind: config.labels.index(name) for kind, name in enumerate(config.region_kinds) if name in config.labels}


def build_vision_optimiser(model: VisionModel, config: VisionConfig) -> torch.optim.AdamW:
    """Two rates (encoder, heads); biases and norms are not decayed."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            lr = config.optimiser.lr if name.startswith("encoder.") else config.optimiser.head_lr
            decay = config.optimiser.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((lr, decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": found, "lr": lr, BASE_LR: lr, "weight_decay": decay} for (lr, decay), found in groups.items()]
    )


def cosine_factor(step: int, n_steps: int, warmup_share: float) -> float:
    """What the base rates are multiplied by: linear warm-up, then a half cosine to 0."""
    warmup = max(1, round(n_steps * warmup_share))
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1.0 + math.cos(math.pi * (step - warmup) / max(1, n_steps - warmup)))
