"""Mining: training rows that a model flags and should not, so that the next one sees more of them.

Only false alarms are mined: a missed positive is as often a wrong label as a hard case, while the negatives that look
like harm (quotes, counter-speech, figures of speech) are what a classifier is trusted for.

Source: Shrivastava et al. (2016), "Training region-based object detectors with online hard example mining", offline.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES
from models.contracts.bundle import OperatingPoint
from models.data.errors import DataError
from models.data.store import Examples
from models.runtime.classifier import TextClassifier
from models.training.material import take

ROWS_A_STEP = 2048
Done = Callable[[int, int], None]


def from_sources(examples: Examples, sources: Sequence[str]) -> Examples:
    """The rows of these sources, whose negatives are to be trusted; all rows for no source.

    Raises:
        DataError: a source has no row.

    """
    if missing := set(sources) - set(examples.sources):
        raise DataError(f"no training row is of {', '.join(sorted(missing))}; `weir data list` lists the sources")
    return take(examples, np.flatnonzero(np.isin(examples.sources, sources))) if sources else examples


def hard_negatives(
    classifier: TextClassifier, examples: Examples, done: Done, point: OperatingPoint = OperatingPoint.BALANCED
) -> list[str]:
    """Digests of rows with a label that is known to be no and is at or above its operating point.

    Args:
        classifier: scores the rows.
        examples: rows of a training split.
        done: told how many rows of how many are scored.
        point: the recall point finds more rows, those of rare labels among them.

    """
    table = classifier.bundle.thresholds.categories
    points = np.array([table[label][point] for label in classifier.labels])
    columns = [CATEGORIES.index(label) for label in classifier.labels]
    found: list[str] = []
    for start in range(0, len(examples), ROWS_A_STEP):
        rows = slice(start, start + ROWS_A_STEP)
        found += _false_alarms(
            classifier.score(examples.texts[rows]), examples.labels[rows][:, columns], points, examples.digests[rows]
        )
        done(min(start + ROWS_A_STEP, len(examples)), len(examples))
    return found


def _false_alarms(
    probs: NDArray[np.float32], labels: NDArray[np.int8], points: NDArray[np.float64], digests: Sequence[str]
) -> list[str]:
    wrong = ((labels == 0) & (probs >= points)).any(axis=1)
    return [digests[row] for row in np.flatnonzero(wrong).tolist()]


def write_digests(digests: Sequence[str], path: Path) -> None:
    """One digest a line, sorted: what `sampling.hard_rows` names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{digest}\n" for digest in sorted(digests)), encoding="utf-8")
