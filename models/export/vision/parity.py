"""Parity of image models: what export may change in scores, places and embeddings, and the gates that see to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts.base import Value
from models.export.errors import ParityError
from models.export.parity import (
    BATCH_SIZES,
    Gate,
    Parity,
    ParityLimits,
    Readout,
    failed_gates,
    measured_gates,
    score_difference,
)
from models.export.vision.running import ImageRun, batched_run
from models.runtime.calibration import sigmoid
from models.runtime.vision.classifier import Float32s, Pixels

N_PARITY_PICTURES: Final = 256
Outputs = Mapping[str, Float32s]


class ImageParity(Value):
    """Everything the gates look at.

    Attributes:
        scores: as for texts: calibrated probabilities of float ONNX and int8 against torch.
        float_difference: largest difference between float ONNX and torch in any value of any output.
        feature_cosine: mean cosine of a picture's features, int8 against torch.
        embedding_cosine: the same of its embedding.
        lowest_embedding_cosine: of the picture that moved furthest.
        region_difference: mean absolute difference of a point's probability, int8 against torch.
        n_not_finite: pictures, plain black and white and noise among them, with a value that is not finite in int8.

    """

    scores: Parity
    float_difference: float
    feature_cosine: float
    embedding_cosine: float
    lowest_embedding_cosine: float
    region_difference: float
    n_not_finite: int


class ImageParityLimits(Value):
    """What may be lost. Ranges are static and sums are integers, so that a batch may not change anything at all."""

    scores: ParityLimits = ParityLimits(batch_difference=1e-6)
    float_difference: float = 1e-3
    feature_cosine_lost: float = 0.01
    embedding_cosine_lost: float = 0.01
    lowest_embedding_cosine_lost: float = 0.1
    region_difference: float = 0.02


@dataclass(frozen=True)
class ImageModels:
    """The three forms of one model."""

    torch: ImageRun
    float_onnx: ImageRun
    int8: ImageRun


def extreme_pixels(side: int) -> Pixels:
    """Pictures at the edge of what there is: black, white, pure colours, stripes, noise. *Shape:* `(7, s, s, 3)`."""
    plain = np.array([(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255)], dtype=np.uint8)
    squares = np.broadcast_to(plain[:, None, None, :], (5, side, side, 3))
    stripes = np.broadcast_to((np.arange(side, dtype=np.uint8) % 2 * 255)[:, None, None], (1, side, side, 3))
    noise = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), dtype=np.uint8)
    return np.concatenate([squares, stripes, noise])


def spread_rows(n: int, most: int = N_PARITY_PICTURES) -> NDArray[np.int64]:
    """At most so many of n rows, spread evenly. *Shape:* `(min(n, most),)`."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def measure_image_parity(
    models: ImageModels, pixels: Pixels, readout: Readout, macro_pr_auc_lost: float | None
) -> ImageParity:
    """Run all three forms over some pictures, and the one that ships over extreme ones.

    Args:
        models: the three forms.
        pixels: pictures that no range was set by. *Shape:* `(n, s, s, 3)`.
        readout: how logits are read while comparing.
        macro_pr_auc_lost: on held-out rows.

    """
    trained, exact = batched_run(models.torch, pixels), batched_run(models.float_onnx, pixels)
    int8, extremes = batched_run(models.int8, pixels), extreme_pixels(pixels.shape[1])
    features, embeddings = (cosines(trained[name], int8[name]) for name in ("features", "embedding"))
    return ImageParity(
        scores=Parity(
            float_onnx=score_difference(trained["logits"], exact["logits"], readout),
            int8=score_difference(trained["logits"], int8["logits"], readout),
            batch_difference=batch_difference(models.int8, np.concatenate([pixels, extremes])),
            macro_pr_auc_lost=macro_pr_auc_lost,
        ),
        float_difference=max(_highest(trained[name], exact[name]) for name in trained),
        feature_cosine=float(features.mean()),
        embedding_cosine=float(embeddings.mean()),
        lowest_embedding_cosine=float(embeddings.min()),
        region_difference=_region_difference(trained, int8),
        n_not_finite=_n_not_finite(int8) + _n_not_finite(batched_run(models.int8, extremes)),
    )


def batch_difference(run: ImageRun, pixels: Pixels) -> float:
    """Largest difference in any output between a picture alone and in batches; infinite for NaN."""
    alone = batched_run(run, pixels, 1)
    together = [batched_run(run, pixels, size) for size in BATCH_SIZES]
    return max(_highest(alone[name], other[name]) for other in together for name in alone)


def require_image_parity(parity: ImageParity, limits: ImageParityLimits) -> None:
    """Pass, or name every gate that failed.

    Raises:
        ParityError: a limit is exceeded.

    """
    gates: tuple[Gate, ...] = (
        (
            "float ONNX against torch, highest difference in any output",
            parity.float_difference,
            limits.float_difference,
        ),
        ("feature cosine lost", 1.0 - parity.feature_cosine, limits.feature_cosine_lost),
        ("embedding cosine lost", 1.0 - parity.embedding_cosine, limits.embedding_cosine_lost),
        (
            "embedding cosine lost, worst picture",
            1.0 - parity.lowest_embedding_cosine,
            limits.lowest_embedding_cosine_lost,
        ),
        ("mean difference of a region's probability", parity.region_difference, limits.region_difference),
        ("pictures with a value that is not finite", parity.n_not_finite, 0.0),
    )
    failures = failed_gates((*measured_gates(parity.scores, limits.scores), *gates))
    if failures:
        raise ParityError(failures)


def _highest(first: Float32s, second: Float32s) -> float:
    """Largest absolute difference; infinite when something is not a number."""
    highest = float(np.abs(first - second).max())
    return highest if np.isfinite(highest) else float("inf")


def cosines(first: Float32s, second: Float32s) -> NDArray[np.float64]:
    """Cosine of each row with the same row. *Shape:* `(n,)`; 0 for a row that is not finite."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    lengths = np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), np.finfo(np.float64).tiny)
    return np.asarray(np.nan_to_num((a * b).sum(axis=1) / lengths), dtype=np.float64)


def _region_difference(trained: Outputs, int8: Outputs) -> float:
    difference = np.abs(sigmoid(trained["regions"]) - sigmoid(int8["regions"]))
    return float(np.nan_to_num(difference, nan=1.0).mean())


def _n_not_finite(outputs: Outputs) -> int:
    """Pictures of which some output is not finite."""
    rows = [np.isfinite(value.reshape(len(value), -1)).all(axis=1) for value in outputs.values()]
    return int((~np.logical_and.reduce(rows)).sum())
