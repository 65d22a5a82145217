"""Scorer: what an evaluation asks of a model, and a cache so that the same question is asked once."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.contracts import CalibrationTable, Category, ThresholdTable

Logits = NDArray[np.float32]
Progress = Callable[[str, int, int], None]
"""Called with the stage, the rows done and the rows to do."""

ROWS_A_STEP = 1024
"""Rows scored between two reports of progress; enough for the scorer to sort by length inside."""


class Scorer(Protocol):
    """A trained model, as a bundle or as a training run."""

    @property
    def name(self) -> str:
        """How tables and figures call it."""

    @property
    def digest(self) -> str:
        """sha256 of the weights and whatever else its logits depend on."""

    @property
    def labels(self) -> Sequence[Category]:
        """The categories of its first output columns."""

    @property
    def auxiliary_labels(self) -> Sequence[str]:
        """The names of its further output columns."""

    @property
    def calibration(self) -> CalibrationTable | None:
        """The maps that it ships with; None to have them fitted on the calibration split."""

    @property
    def thresholds(self) -> ThresholdTable | None:
        """The operating points that it ships with; None to have them chosen on the calibration split."""

    def logits(self, texts: Sequence[str]) -> Logits:
        """Raw outputs. *Shape:* `(n, n_labels + n_auxiliary)`."""


class ScoreError(Exception):
    """A model's scores cannot be used: the wrong shape, or not numbers."""


def cached_logits(
    scorer: Scorer, texts: Sequence[str], digests: Sequence[str], cache_dir: Path, stage: str, progress: Progress
) -> Logits:
    """The logits of some rows, from the cache or from the model.

    The key is the model's digest and the digests of the texts in order, so that another model, dataset or selection of
    rows never meets an old answer.

    Args:
        scorer: the model.
        texts: *Shape:* `(n,)`.
        digests: *Shape:* `(n,)`, sha256 of each text.
        cache_dir: made where missing; may be removed at any time.
        stage: what to call this in reports of progress.
        progress: told about every step.

    Raises:
        ScoreError: see `score_rows`.

    """
    key = hashlib.sha256("\n".join([scorer.digest, *digests]).encode()).hexdigest()
    path = cache_dir / f"logits-{key[:32]}.npy"
    if path.is_file():
        progress(stage, len(texts), len(texts))
        cached: Logits = np.load(path)
        return cached
    logits = score_rows(scorer, texts, stage, progress)
    cache_dir.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npy")
    np.save(partial, logits)
    partial.replace(path)
    return logits


def score_rows(scorer: Scorer, texts: Sequence[str], stage: str, progress: Progress) -> Logits:
    """The logits of some texts, step by step.

    Raises:
        ScoreError: the outputs do not have one row a text and one column a label, or one is not finite.

    """
    n_columns = len(scorer.labels) + len(scorer.auxiliary_labels)
    logits = np.empty((len(texts), n_columns), dtype=np.float32)
    progress(stage, 0, len(texts))
    for start in range(0, len(texts), ROWS_A_STEP):
        step = scorer.logits(texts[start : start + ROWS_A_STEP])
        if step.shape != (min(ROWS_A_STEP, len(texts) - start), n_columns):
            raise ScoreError(
                f"{scorer.name} answered with shape {step.shape}, not one row a text of {n_columns} columns"
            )
        logits[start : start + len(step)] = step
        progress(stage, start + len(step), len(texts))
    if not np.isfinite(logits).all():
        n_bad = int((~np.isfinite(logits).all(axis=1)).sum())
        raise ScoreError(f"{scorer.name} gave logits that are not finite on {n_bad} of {len(texts)} rows")
    return logits
