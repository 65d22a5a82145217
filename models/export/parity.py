"""Parity: what export may change, and the gates that stop a bundle which changed more.

Three models answer the same corpus: the checkpoint in torch, its float ONNX form, and the int8 form that ships. They
are compared where it matters, in calibrated probability, and by the decisions that would differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.contracts.base import Value
from models.export.errors import ParityError
from models.export.scoring import batched_logits, pooled_logits
from models.runtime.batching import Run, TokenIds
from models.runtime.calibration import BatchCalibration
from models.runtime.tokenization import TokenizedText

CORPUS = Path(__file__).with_name("parity_corpus.txt")
BATCH_SIZES = (2, 7, 32)

Gate = tuple[str, float | None, float]
"""What a gate is called, what was measured (None: nothing could be), and its limit."""


class ScoreDifference(Value):
    """How far two models' calibrated probabilities lie apart, over all texts and categories.

    Attributes:
        highest: largest absolute difference.
        mean: mean absolute difference.
        n_flips: decisions at the balanced threshold that differ.
        n_decisions: decisions compared, texts times categories.

    """

    highest: float
    mean: float
    n_flips: int
    n_decisions: int

    @property
    def flip_share(self) -> float:
        """Share of decisions that differ."""
        return self.n_flips / self.n_decisions


class Parity(Value):
    """Everything the gates look at.

    Attributes:
        float_onnx: float ONNX against torch.
        int8: int8 ONNX against torch.
        batch_difference: largest difference between a text alone and the same text in any batch, int8.
        macro_pr_auc_lost: float minus int8 on held-out rows; None where there were none.

    """

    float_onnx: ScoreDifference
    int8: ScoreDifference
    batch_difference: float
    macro_pr_auc_lost: float | None


class ParityLimits(Value):
    """What may be lost.

    Float ONNX repeats torch's arithmetic in another order: nothing but rounding may differ. Int8 may move single
    scores, but not the ranking (PR-AUC), not the scores on average, and few decisions.
    """

    float_highest: float = 1e-3
    int8_highest: float = 0.25
    int8_mean: float = 0.01
    int8_flip_share: float = 0.01
    batch_difference: float = 1e-4
    macro_pr_auc_lost: float = 0.005


@dataclass(frozen=True)
class Readout:
    """How logits are read while comparing.

    Attributes:
        calibration: the bundle's maps.
        balanced: balanced thresholds. *Shape:* `(n_labels,)`.

    """

    calibration: BatchCalibration
    balanced: NDArray[np.float32]


@dataclass(frozen=True)
class Models:
    """The three forms of one model."""

    torch: Run
    float_onnx: Run
    int8: Run


def read_corpus() -> list[str]:
    """The fixed corpus: one text a line, of many lengths and scripts, written for this purpose."""
    return [line for line in CORPUS.read_text(encoding="utf-8").splitlines() if line.strip()]


def measure_parity(
    models: Models, corpus: Sequence[TokenizedText], readout: Readout, macro_pr_auc_lost: float | None
) -> Parity:
    """Run the three forms over the corpus."""
    torch_logits = pooled_logits(models.torch, corpus)
    windows = [window for text in corpus for window in text.windows]
    return Parity(
        float_onnx=score_difference(torch_logits, pooled_logits(models.float_onnx, corpus), readout),
        int8=score_difference(torch_logits, pooled_logits(models.int8, corpus), readout),
        batch_difference=batch_difference(models.int8, windows, readout.calibration),
        macro_pr_auc_lost=macro_pr_auc_lost,
    )


def score_difference(expected: NDArray[np.float32], given: NDArray[np.float32], readout: Readout) -> ScoreDifference:
    """Compare logits of two models. *Shape:* `(n, k)` both."""
    first, second = readout.calibration.apply(expected), readout.calibration.apply(given)
    difference = np.abs(first - second)
    flips = (first >= readout.balanced) != (second >= readout.balanced)
    highest = float(difference.max()) if np.isfinite(difference).all() else 1.0
    mean = float(np.nan_to_num(difference, nan=1.0).mean())
    return ScoreDifference(highest=highest, mean=mean, n_flips=int(flips.sum()), n_decisions=flips.size)


def batch_difference(run: Run, windows: Sequence[TokenIds], calibration: BatchCalibration) -> float:
    """Largest difference in probability between a window alone and in batches of mixed lengths; 1 for NaN."""
    alone = calibration.apply(batched_logits(run, windows, 1))
    together = [calibration.apply(batched_logits(run, windows, size)) for size in BATCH_SIZES]
    highest = max(float(np.abs(alone - probs).max()) for probs in together)
    return highest if np.isfinite(highest) else 1.0


def require_parity(parity: Parity, limits: ParityLimits) -> None:
    """Pass, or name every gate that failed.

    Raises:
        ParityError: a limit is exceeded.

    """
    failures = failed_gates(measured_gates(parity, limits))
    if failures:
        raise ParityError(failures)


def measured_gates(parity: Parity, limits: ParityLimits) -> tuple[Gate, ...]:
    """What was measured of scores, each with its limit."""
    return (
        ("float ONNX against torch, highest score difference", parity.float_onnx.highest, limits.float_highest),
        ("int8 against torch, highest score difference", parity.int8.highest, limits.int8_highest),
        ("int8 against torch, mean score difference", parity.int8.mean, limits.int8_mean),
        ("int8 against torch, share of decisions that flip", parity.int8.flip_share, limits.int8_flip_share),
        ("int8 alone against in a batch", parity.batch_difference, limits.batch_difference),
        ("macro PR-AUC lost", parity.macro_pr_auc_lost, limits.macro_pr_auc_lost),
    )


def failed_gates(gates: Sequence[Gate]) -> list[str]:
    """One line a gate that failed. What was not measured passes; what is not a number fails."""
    return [
        f"{name}: {value:.2e}, limit {limit:.0e}"
        for name, value, limit in gates
        if value is not None and not value <= limit
    ]
