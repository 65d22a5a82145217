"""Measurement: how well logits rank and how honest probabilities are, by category, on labelled rows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.contracts.base import Value
from models.contracts.taxonomy import CATEGORIES, Category
from models.evaluation.metrics import areas
from models.evaluation.reliability import expected_calibration_error

MIN_POSITIVES = 20
"""With fewer positives a category's PR-AUC says little, and it stays out of macro averages."""


class CategoryMeasurement(Value):
    """One category on one split; only rows with a known label count."""

    category: Category
    n_rows: int
    n_positives: int
    pr_auc: float
    roc_auc: float
    calibration_error: float


def measure_categories(
    logits: NDArray[np.float32],
    probs: NDArray[np.float32],
    labels: NDArray[np.int8],
    categories: Sequence[Category],
) -> tuple[CategoryMeasurement, ...]:
    """Measure every category that has both positives and negatives.

    Args:
        logits: *Shape:* `(n, k)`, the categories' columns first.
        probs: *Shape:* `(n, n_categories)`, calibrated.
        labels: *Shape:* `(n, 16)`, in the order of the taxonomy, -1 for unknown.
        categories: of the columns.

    """
    measured = []
    for column, category in enumerate(categories):
        known = labels[:, CATEGORIES.index(category)] >= 0
        yes = labels[known, CATEGORIES.index(category)]
        if not 0 < int(yes.sum()) < len(yes):
            continue
        both = areas(logits[known, column], yes)
        measured.append(
            CategoryMeasurement(
                category=category,
                n_rows=len(yes),
                n_positives=int(yes.sum()),
                pr_auc=float(both.pr_auc[0]),
                roc_auc=float(both.roc_auc[0]),
                calibration_error=expected_calibration_error(probs[known, column], yes),
            )
        )
    return tuple(measured)


def macro_pr_auc(measurements: Sequence[CategoryMeasurement]) -> float | None:
    """Mean PR-AUC of the categories with enough positives; None if there are none."""
    values = [one.pr_auc for one in measurements if one.n_positives >= MIN_POSITIVES]
    return float(np.mean(values)) if values else None


def macro_pr_auc_lost(
    exact: NDArray[np.float32],
    quantized: NDArray[np.float32],
    labels: NDArray[np.int8],
    categories: Sequence[Category],
) -> float | None:
    """Macro PR-AUC of the float logits minus that of the quantized ones; None where no category can be measured.

    Args:
        exact: *Shape:* `(n, k)`, the categories' columns first.
        quantized: of the same rows, in the same shape.
        labels: as in `measure_categories`.
        categories: of the columns.

    """
    unread = np.full((len(exact), len(categories)), 0.5, dtype=np.float32)
    first = macro_pr_auc(measure_categories(exact, unread, labels, categories))
    second = macro_pr_auc(measure_categories(quantized, unread, labels, categories))
    return None if first is None or second is None else first - second
