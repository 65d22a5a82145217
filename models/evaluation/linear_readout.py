"""Linear read-out: one published question answered from all outputs of a model together.

A set asks its own question (sexist or not; hate, offensive or normal), and several outputs know something of it. A
logistic regression over the model's logits, fitted on rows of that set that the model did not train on, weighs them.
The model stays as it is.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from models.evaluation.arrays import Floats, Ints

STRENGTHS: Final = (0.003, 0.01, 0.03, 0.1)
N_FOLDS: Final = 5
MIN_ROWS_A_CLASS: Final = 20


def fits(truth: NDArray[np.integer]) -> bool:
    """Whether every class of a question has enough rows to fit on."""
    counts = np.unique(truth, return_counts=True)[1]
    return len(counts) > 1 and int(counts.min()) >= MIN_ROWS_A_CLASS


def decide_linearly(
    fit_logits: NDArray[np.floating], fit_truth: NDArray[np.integer], logits: NDArray[np.floating], *, balanced: bool
) -> Ints:
    """The class of each row of a test, by a read-out that never saw it.

    The strength of the penalty, and whether classes are weighed evenly, are chosen by cross-validation on the rows that
    it is fitted on, by the metric of the question.

    Args:
        fit_logits: all outputs on rows to fit on. *Shape:* `(m, k)`.
        fit_truth: their classes, from 0. *Shape:* `(m,)`.
        logits: all outputs on the rows asked about. *Shape:* `(n, k)`.
        balanced: judged by macro-F1; by accuracy otherwise.

    """
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
    candidates = [_model(c, weight) for c in STRENGTHS for weight in (None, "balanced")]
    scores = [
        _score(cross_val_predict(one, fit_logits, fit_truth, cv=folds), fit_truth, balanced=balanced)
        for one in candidates
    ]
    best = candidates[int(np.argmax(scores))].fit(fit_logits, fit_truth)
    decided: Ints = best.predict(logits).astype(np.int64)
    return decided


def macro_f1_by_resample(decided: Ints, truth: NDArray[np.integer], weights: Floats) -> Floats:
    """Macro-F1 under weights of rows, one value a resample. *Shape:* `(r, n)` to `(r,)`."""
    classes = np.unique(truth)
    found = np.stack([_f1(decided == one, truth == one, weights) for one in classes])
    mean: Floats = found.mean(axis=0)
    return mean


def accuracy_by_resample(decided: Ints, truth: NDArray[np.integer], weights: Floats) -> Floats:
    """The share of right rows under weights of rows. *Shape:* `(r, n)` to `(r,)`."""
    share: Floats = (weights @ (decided == truth)) / weights.sum(axis=1)
    return share


def _f1(flagged: NDArray[np.bool_], positive: NDArray[np.bool_], weights: Floats) -> Floats:
    hits, wrong = weights @ (flagged & positive), weights @ (flagged != positive)
    score: Floats = 2 * hits / np.maximum(2 * hits + wrong, 1e-12)
    return score


def _model(strength: float, class_weight: str | None) -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, class_weight=class_weight, max_iter=500))


def _score(decided: NDArray[np.integer], truth: NDArray[np.integer], *, balanced: bool) -> float:
    return float(f1_score(truth, decided, average="macro") if balanced else accuracy_score(truth, decided))
