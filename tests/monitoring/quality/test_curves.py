import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, precision_score, recall_score, roc_auc_score

from monitoring.quality.curves import areas, brier, calibration_error, precision_recall


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with many ties, labels, weights."""
    rng = np.random.default_rng(5)
    probs = np.round(rng.beta(1, 3, 500), 2)
    return probs, (rng.random(500) < probs).astype(float), rng.integers(0, 5, 500).astype(float)


def test_areas_are_those_of_sklearn_with_weights_and_ties(rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    probs, yes, weights = rows
    pr_auc, roc_auc = areas(probs, yes, np.stack([weights, np.ones(500)]))
    assert pr_auc[0] == pytest.approx(average_precision_score(yes, probs, sample_weight=weights))
    assert roc_auc[0] == pytest.approx(roc_auc_score(yes, probs, sample_weight=weights))
    assert pr_auc[1] == pytest.approx(average_precision_score(yes, probs))
    assert roc_auc[1] == pytest.approx(roc_auc_score(yes, probs))


def test_precision_recall_and_brier_are_those_of_sklearn(rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    probs, yes, weights = rows
    precision, recall = precision_recall(probs >= 0.4, yes, weights[None])
    assert precision[0] == pytest.approx(precision_score(yes, probs >= 0.4, sample_weight=weights))
    assert recall[0] == pytest.approx(recall_score(yes, probs >= 0.4, sample_weight=weights))
    assert brier(probs, yes, weights[None])[0] == pytest.approx(brier_score_loss(yes, probs, sample_weight=weights))


def test_calibrated_scores_have_less_calibration_error_than_scaled_ones(
    rows: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    probs, yes, weights = rows
    right, wrong = (calibration_error(scores, yes, weights[None])[0] for scores in (probs, probs / 3))
    assert right < 0.1 < wrong


def test_a_resample_without_positives_has_no_areas() -> None:
    pr_auc, roc_auc = areas(np.array([0.1, 0.9]), np.array([0.0, 1.0]), np.array([[2.0, 0.0]]))
    assert np.isnan(pr_auc[0])
    assert np.isnan(roc_auc[0])
