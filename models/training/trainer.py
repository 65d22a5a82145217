"""Trainer: steps over a fixed list of batches, looks at validation, keeps the best, can be killed at any time."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.training.batches import Batch, collate, split
from models.training.checkpoint import save_classifier
from models.training.classifier import TextClassifier
from models.training.config import TrainingConfig
from models.training.device import autocast
from models.training.gradients import accumulate
from models.training.history import append_record, draw_curves, read_history, rewind
from models.training.losses import distillation_loss, evidence_loss, label_balance, masked_loss
from models.training.material import Material
from models.training.optimiser import WeightAverage, build_optimiser, lr_factor, set_lr
from models.training.predict import predict_logits
from models.training.resume import Snapshot, cuda_rng_states, load_snapshot, run_key, save_snapshot, take_up
from models.training.validation import Patience, Ranking, rank

LOG_EVERY_STEPS = 50
BEST = "best"
HISTORY = "history.jsonl"
CURVES = "curves.png"


@dataclass(frozen=True)
class Progress:
    """Where a run is, for whoever draws it.

    `step` of `n_steps` are done; `loss` and `texts_per_s` are means since the last log line; `lr` is the heads';
    `macro_pr_auc` is the last look's.
    """

    step: int
    n_steps: int
    loss: float
    lr: float
    texts_per_s: float
    macro_pr_auc: float | None


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Outcome:
    """How a run ended: steps done, the best macro PR-AUC on validation, and where the best checkpoint is."""

    steps: int
    best_macro_pr_auc: float
    best: Path
    stopped_early: bool


@dataclass
class _Window:
    """What happened since the last log line."""

    losses: list[float] = field(default_factory=list)
    n_texts: int = 0
    n_tokens: int = 0
    began: float = field(default_factory=time.perf_counter)

    @property
    def texts_per_s(self) -> float:
        return self.n_texts / max(time.perf_counter() - self.began, 1e-9)

    @property
    def tokens_per_s(self) -> float:
        return self.n_tokens / max(time.perf_counter() - self.began, 1e-9)


def _balance(material: Material, config: TrainingConfig) -> Tensor:
    heads = material.heads
    return label_balance(material.targets, len(heads.labels), config.loss, (*heads.labels, *heads.auxiliary_labels))


class Trainer:
    """Trains one classifier on one material, in one folder."""

    def __init__(
        self,
        config: TrainingConfig,
        material: Material,
        classifier: TextClassifier,
        run_dir: Path,
        device: torch.device,
        report: Report,
        teacher: TextClassifier | None = None,
    ) -> None:
        self._config = config
        self._teacher = teacher
        self._material = material
        self._classifier = classifier
        self._run_dir = run_dir
        self._device = device
        self._report = report
        self._batches = material.batches
        self._balance = _balance(material, config).to(device)
        self._parameters = [parameter for parameter in classifier.parameters() if parameter.requires_grad]
        self._optimiser = build_optimiser(classifier, config.optimiser)
        self._average = WeightAverage(self._parameters, config.optimiser.average_decay)
        self._patience = Patience(config.validation.patience)
        self._last_look: Ranking | None = None
        self._n_parts = config.threads if device.type == "cpu" else 1
        self._pool = ThreadPoolExecutor(self._n_parts)
        self._key = run_key(config, material.dataset_digest)

    def fit(self) -> Outcome:
        """Train from the start, or from the last snapshot in the folder, to the end or until patience is exhausted.

        Raises:
            CheckpointError: the folder's snapshot belongs to another run.

        """
        step = self._restore()
        window = _Window()
        self._classifier.train()
        while step < len(self._batches) and not self._patience.exhausted:
            self._step(step, window)
            step += 1
            ended = step == len(self._batches)
            if ended or step % LOG_EVERY_STEPS == 0:
                window = self._log(step, window)
            if ended or step % self._config.validation.every_steps == 0:
                window.began += self._look(step)
            if step % self._config.resume_every_steps == 0:
                save_snapshot(self._snapshot(step), self._run_dir)
        save_snapshot(self._snapshot(step), self._run_dir)
        draw_curves(read_history(self._run_dir / HISTORY), self._run_dir / CURVES)
        return Outcome(step, self._patience.best, self._run_dir / BEST, step < len(self._batches))

    def _step(self, step: int, window: _Window) -> None:
        """Learn from one batch."""
        rows = self._batches[step]
        rng = np.random.default_rng([self._config.seed, step, 3])
        batch = collate(self._material.reader.read(rows, self._config.batches.max_tokens, rng))
        factor = lr_factor(step, len(self._batches), self._config.optimiser.warmup_share)
        lr = set_lr(self._optimiser, factor)
        loss = self._learn(batch, rows)
        torch.nn.utils.clip_grad_norm_(self._parameters, self._config.optimiser.clip_norm)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self._average.update(step)
        window.losses.append(loss)
        window.n_texts += len(rows)
        window.n_tokens += int(batch.mask.sum())
        self._report(self._progress(step + 1, lr, window))

    def _progress(self, step: int, lr: float, window: _Window) -> Progress:
        macro = self._last_look.macro if self._last_look else None
        return Progress(step, len(self._batches), float(np.mean(window.losses)), lr, window.texts_per_s, macro)

    def _learn(self, batch: Batch, rows: NDArray[np.int64]) -> float:
        """Gradients of a batch, each thread a part of its rows; returns the loss."""
        material, device = self._material, self._device
        truth = (torch.from_numpy(array[rows]) for array in (material.targets, material.weights, material.smoothing))
        targets, weights, smoothing = truth
        lengths = batch.mask.sum(dim=1)

        def cost_of(part: Tensor) -> tuple[Tensor, Tensor]:
            longest = int(lengths[part].max())
            ids, mask, evidence = (one[part, :longest].to(device) for one in (batch.ids, batch.mask, batch.evidence))
            with autocast(device, self._config.precision):
                logits, token_logits = self._classifier.read(ids, mask)
            labels = (targets[part].to(device), weights[part].to(device))
            cost, known = masked_loss(logits, *labels, self._balance, self._config.loss, smoothing[part].to(device))
            if token_logits is not None:
                spans, marked = evidence_loss(token_logits.float(), evidence, self._config.loss.evidence_weight)
                cost, known = cost + spans, known + marked
            taught, cells = self._taught(logits, ids, mask)
            return cost + taught, known + cells

        return accumulate(self._parameters, cost_of, split(lengths.tolist(), self._n_parts), self._pool)

    def _taught(self, logits: Tensor, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """What it costs to differ from the teacher, and the weight of that; both 0 without one."""
        if self._teacher is None:
            return logits.new_zeros(()), logits.new_zeros(())
        with torch.no_grad(), autocast(self._device, self._config.precision):
            wanted = self._teacher(ids, mask)
        return distillation_loss(logits, wanted, self._config.distillation.weight)

    def _log(self, step: int, window: _Window) -> _Window:
        """Write the mean loss and the throughput since the last line, and begin anew."""
        record = {
            "step": step,
            "loss": float(np.mean(window.losses)),
            "lr": self._optimiser.param_groups[-1]["lr"],
            "texts_per_s": round(window.texts_per_s, 1),
            "tokens_per_s": round(window.tokens_per_s, 1),
        }
        append_record(self._run_dir / HISTORY, record)
        return _Window()

    def _look(self, step: int) -> float:
        """Validate the averaged weights; keep them if they are the best so far. Returns the seconds it took."""
        began = time.perf_counter()
        config, material = self._config, self._material
        with self._average.in_place():
            logits = predict_logits(
                self._classifier,
                material.validation_texts,
                max_tokens=config.batches.max_tokens,
                precision=config.precision,
            )
            ranking = rank(logits, material.validation_targets, material.heads, config.validation.min_positives)
            is_best = self._patience.better(ranking.macro)
            if is_best or (config.validation.keep == "last" and step == len(self._batches)):
                save_classifier(self._classifier, self._run_dir / BEST)
        self._last_look = ranking
        record = {"step": step, "macro_pr_auc": ranking.macro, "pr_auc": ranking.by_label, "best": is_best}
        append_record(self._run_dir / HISTORY, record)
        return time.perf_counter() - began

    def _snapshot(self, step: int) -> Snapshot:
        return Snapshot(
            run_key=self._key,
            step=step,
            weights=self._classifier.state_dict(),
            averages=self._average.averages,
            optimiser=self._optimiser.state_dict(),
            best=self._patience.best,
            waited=self._patience.waited,
            rng=torch.get_rng_state(),
            cuda_rng=cuda_rng_states(),
        )

    def _restore(self) -> int:
        """Take up the last snapshot; returns the steps it had done, 0 without one."""
        snapshot = load_snapshot(self._run_dir, self._key)
        if snapshot is None:
            return 0
        take_up(snapshot, self._classifier, self._optimiser)
        for own, saved in zip(self._average.averages, snapshot.averages, strict=True):
            own.copy_(saved)
        self._patience.best, self._patience.waited = snapshot.best, snapshot.waited
        rewind(self._run_dir / HISTORY, snapshot.step)
        return snapshot.step
