"""Judging: what a model answers to every trial, and whether that is right.

A text is flagged when one of the deciding categories reaches the balanced operating point of the bundle. Where all
decide that is `flagged` as the server answers it (`docs/policies.md`), but for profanity: swearing is not harm, and
functionalities about it say so. Two texts are compared by their highest probability among the deciding categories.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import Category, OperatingPoint
from models.evaluation.arrays import Bools, Floats
from models.evaluation.behaviour.filling import Trial
from models.evaluation.behaviour.functionalities import Expectation
from models.runtime.classifier import TextClassifier

SURE_LOGITS: Final = 0.15
"""A decision or a comparison that is nearer than this to the other outcome may come out otherwise on another processor,
whose int8 kernels round otherwise."""
SURE_PROBABILITY: Final = 0.02
"""The same for scores that have to be steady, which are compared as probabilities."""
_LEAST: Final = 1e-7


@dataclass(frozen=True)
class Sheet:
    """What a model says of the texts of some trials.

    Attributes:
        trials: as asked.
        labels: categories of the columns.
        probs: calibrated, of the first text of each trial. *Shape:* `(n, k)`.
        others: of the second text where there is one, else of the first. *Shape:* `(n, k)`.
        thresholds: the balanced points. *Shape:* `(k,)`.

    """

    trials: tuple[Trial, ...]
    labels: tuple[Category, ...]
    probs: Floats
    others: Floats
    thresholds: Floats


def ask(classifier: TextClassifier, trials: Sequence[Trial]) -> tuple[Sheet, tuple[Trial, ...]]:
    """Score every text once.

    Returns:
        The answers, and the trials that the model has no score for: none of their categories is among its labels.

    """
    labels = tuple(classifier.labels)
    asked = tuple(trial for trial in trials if not trial.categories or set(trial.categories) & set(labels))
    texts = list(dict.fromkeys(text for trial in asked for text in trial.texts))
    rows = {text: row for row, text in enumerate(texts)}
    probs = classifier.score(texts).astype(np.float64)
    points = classifier.bundle.thresholds.categories
    sheet = Sheet(
        trials=asked,
        labels=labels,
        probs=probs[[rows[trial.texts[0]] for trial in asked]],
        others=probs[[rows[trial.texts[-1]] for trial in asked]],
        thresholds=np.array([points[label][OperatingPoint.BALANCED] for label in labels]),
    )
    return sheet, tuple(trial for trial in trials if trial not in set(asked))


def deciding(sheet: Sheet) -> Bools:
    """Which columns decide which trial. *Shape:* `(n, k)`."""
    every = np.array([label is not Category.PROFANITY for label in sheet.labels])
    rows = {
        categories: np.array([label in categories for label in sheet.labels]) if categories else every
        for categories in {trial.categories for trial in sheet.trials}
    }
    return np.array([rows[trial.categories] for trial in sheet.trials]).reshape(len(sheet.trials), len(sheet.labels))


def is_flagged(sheet: Sheet) -> Bools:
    """Whether the first text of each trial is flagged. *Shape:* `(n,)`."""
    return np.asarray(((sheet.probs >= sheet.thresholds) & deciding(sheet)).any(axis=1), dtype=np.bool_)


def highest(sheet: Sheet, probs: Floats) -> Floats:
    """The highest probability among the deciding categories of each trial. *Shape:* `(n, k)` to `(n,)`."""
    return np.asarray(np.where(deciding(sheet), probs, 0.0).max(axis=1, initial=0.0), dtype=np.float64)


def is_right(sheet: Sheet) -> Bools:
    """Whether each trial came out as expected. *Shape:* `(n,)`."""
    flagged = is_flagged(sheet)
    gap = highest(sheet, sheet.probs) - highest(sheet, sheet.others)
    return _by_expectation(sheet, flagged, ~flagged, gap > 0.0, np.abs(gap) <= _within(sheet)).astype(bool)


def is_surely_right(sheet: Sheet) -> Bools:
    """Whether each trial came out as expected, and not by a hair (`SURE_LOGITS` and the like). *Shape:* `(n,)`."""
    first, second = highest(sheet, sheet.probs), highest(sheet, sheet.others)
    above = np.where(deciding(sheet), _logit(sheet.probs) - _logit(sheet.thresholds), -np.inf).max(
        axis=1, initial=-np.inf
    )
    return _by_expectation(
        sheet,
        above >= SURE_LOGITS,
        above <= -SURE_LOGITS,
        _logit(first) - _logit(second) >= SURE_LOGITS,
        np.abs(first - second) <= _within(sheet) - SURE_PROBABILITY,
    ).astype(bool)


def _by_expectation(sheet: Sheet, flagged: Bools, clear: Bools, higher: Bools, steady: Bools) -> NDArray[np.bool_]:
    expect = np.array([trial.expect for trial in sheet.trials], dtype=object)
    kinds = [expect == kind for kind in (Expectation.FLAGGED, Expectation.CLEAR, Expectation.HIGHER)]
    return np.select(kinds, [flagged, clear, higher], default=steady)


def _within(sheet: Sheet) -> Floats:
    return np.array([trial.within for trial in sheet.trials])


def _logit(probs: Floats) -> Floats:
    clipped = np.clip(probs, _LEAST, 1.0 - _LEAST)
    return np.asarray(np.log(clipped / (1.0 - clipped)), dtype=np.float64)
