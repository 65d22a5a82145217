"""Regressions: one logistic regression a category over any features, and the TF-IDF features."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union

from models.contracts import CATEGORIES, DEFINITIONS

Done = Callable[[int, int], None]

WORD_FEATURES = 2**18
CHARACTER_FEATURES = 2**18
MIN_POSITIVES_TO_RANK = 10


def make_vectoriser() -> Pipeline:
    """TF-IDF of words (1 to 2) and of characters inside words (3 to 5), hashed so that memory is bounded."""
    words = HashingVectorizer(ngram_range=(1, 2), n_features=WORD_FEATURES, alternate_sign=False, norm=None)
    characters = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), n_features=CHARACTER_FEATURES, alternate_sign=False, norm=None
    )
    union: FeatureUnion = make_union(
        make_pipeline(words, TfidfTransformer(sublinear_tf=True)),
        make_pipeline(characters, TfidfTransformer(sublinear_tf=True)),
    )
    return make_pipeline(union)


class OneVsRest:
    """One regression a category that has enough positives among the rows whose label is known."""

    def __init__(self, *, c: float, min_positives: int) -> None:
        self._c = c
        self._min_positives = min_positives
        self._regressions: dict[int, LogisticRegression] = {}

    def fit(self, features: Any, labels: NDArray[np.int8], weights: NDArray[np.float32], done: Done) -> None:  # noqa: ANN401
        """Fit every head.

        Args:
            features: a dense or sparse matrix. *Shape:* `(n, d)`.
            labels: 1 yes, 0 no, -1 unknown. *Shape:* `(n, 16)`.
            weights: trust in each row. *Shape:* `(n,)`.
            done: told heads looked at, and how many there are.

        """
        self._regressions = {}
        for column, category in enumerate(CATEGORIES):
            known = np.flatnonzero(labels[:, column] >= 0)
            truth = labels[known, column]
            if DEFINITIONS[category].scorable and truth.sum() >= self._min_positives and truth.min() == 0:
                regression = LogisticRegression(C=self._c, solver=_solver(features), max_iter=300, tol=1e-3)
                self._regressions[column] = regression.fit(features[known], truth, sample_weight=weights[known])
            done(column + 1, len(CATEGORIES))

    def probabilities(self, features: Any) -> NDArray[np.float32]:  # noqa: ANN401
        """Probabilities of yes. *Shape:* `(n, d)` to `(n, 16)`, NaN where there is no head."""
        probs = np.full((features.shape[0], len(CATEGORIES)), np.nan, dtype=np.float32)
        for column, regression in self._regressions.items():
            probs[:, column] = regression.predict_proba(features)[:, 1]
        return probs


def _solver(features: Any) -> str:  # noqa: ANN401
    """Liblinear for sparse rows, L-BFGS for dense ones: the fastest of scikit-learn's for each."""
    return "lbfgs" if isinstance(features, np.ndarray) else "liblinear"


def macro_pr_auc(probs: NDArray[np.float32], labels: NDArray[np.int8]) -> float:
    """Mean average precision over the heads that a split can tell anything about. *Shape:* `(n, 16)` both."""
    areas = []
    for column in np.flatnonzero(np.isfinite(probs).any(axis=0)):
        known = labels[:, column] >= 0
        truth = labels[known, column]
        if MIN_POSITIVES_TO_RANK <= truth.sum() < len(truth):
            areas.append(float(average_precision_score(truth, probs[known, column])))
    return float(np.mean(areas)) if areas else 0.0
