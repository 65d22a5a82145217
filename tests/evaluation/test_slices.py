import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from models.contracts import CATEGORIES, Category
from models.evaluation.comparison import MIN_POSITIVES
from models.evaluation.slices import MIN_ROWS, slice_by_source

HATE = CATEGORIES.index(Category.HATE)
N = 2 * max(MIN_ROWS, 2 * MIN_POSITIVES)


def world() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Half the rows from "forum" with both classes, half from "bank" without a positive."""
    rng = np.random.default_rng(0)
    labels = np.full((N, len(CATEGORIES)), -1, dtype=np.int8)
    labels[:, HATE] = np.where(np.arange(N) < N // 2, np.arange(N) % 2, 0)
    probs = np.full((N, len(CATEGORIES)), np.nan)
    probs[:, HATE] = np.clip(0.3 + 0.3 * labels[:, HATE] + rng.normal(0.0, 0.2, size=N), 0.0, 1.0)
    return probs, labels, ["forum"] * (N // 2) + ["bank"] * (N // 2)


def test_a_slice_measures_its_own_rows() -> None:
    probs, labels, sources = world()
    forum = next(s for s in slice_by_source(probs, labels, sources, {Category.HATE: 0.5}) if s.source == "forum")
    truth, scores = labels[: N // 2, HATE], probs[: N // 2, HATE]
    assert forum.pr_auc == pytest.approx(average_precision_score(truth, scores))
    assert forum.f1 == pytest.approx(f1_score(truth, scores >= 0.5))


def test_a_source_without_positives_has_its_false_alarm_rate_and_nothing_else() -> None:
    probs, labels, sources = world()
    bank = next(s for s in slice_by_source(probs, labels, sources, {Category.HATE: 0.5}) if s.source == "bank")
    assert bank.flagged_share == pytest.approx((probs[N // 2 :, HATE] >= 0.5).mean())
    assert (bank.n_positives, bank.pr_auc, bank.roc_auc, bank.f1, bank.ece) == (0, None, None, None, None)


def test_a_source_with_few_labelled_rows_is_left_out() -> None:
    probs, labels, sources = world()
    labels[MIN_ROWS - 1 : N // 2, HATE] = -1
    assert {s.source for s in slice_by_source(probs, labels, sources, {Category.HATE: 0.5})} == {"bank"}


def test_a_category_without_a_threshold_is_left_out() -> None:
    probs, labels, sources = world()
    assert slice_by_source(probs, labels, sources, {}) == ()
