import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.evaluation.group_bias import MIN_SIDE, group_bias, widest_gap


def sample(n=400):
    """Harmless texts of the group score higher than other harmless ones."""
    rng = np.random.default_rng(0)
    member, labels = rng.random(n) < 0.5, (rng.random(n) < 0.5).astype(np.int64)
    probs = np.clip(0.3 + 0.4 * labels + 0.2 * member * (1 - labels) + rng.normal(0, 0.1, n), 0.0, 1.0)
    return member, probs, labels


def test_the_areas_are_those_of_the_named_rows() -> None:
    member, probs, labels = sample()
    found = group_bias("one", member, probs, labels, 0.5)
    bpsn = (member & (labels == 0)) | (~member & (labels == 1))
    bnsp = (member & (labels == 1)) | (~member & (labels == 0))
    assert found.subgroup_auc == pytest.approx(roc_auc_score(labels[member], probs[member]))
    assert found.bpsn_auc == pytest.approx(roc_auc_score(labels[bpsn], probs[bpsn]))
    assert found.bnsp_auc == pytest.approx(roc_auc_score(labels[bnsp], probs[bnsp]))


def test_a_group_that_raises_scores_has_a_low_bpsn_area_and_more_false_alarms() -> None:
    member, probs, labels = sample()
    one, other = (group_bias("", rows, probs, labels, 0.5) for rows in (member, ~member))
    assert one.bpsn_auc < other.bpsn_auc
    assert one.fpr > other.fpr


def test_a_side_with_few_rows_has_no_rate_and_no_area() -> None:
    n = MIN_SIDE - 1
    labels = np.concatenate([np.ones(n), np.zeros(100)]).astype(np.int64)
    found = group_bias("one", np.ones(n + 100, dtype=np.bool_), np.full(n + 100, 0.5), labels, 0.5)
    assert (found.tpr, found.subgroup_auc) == (None, None)
    assert found.fpr == 1.0


def test_the_widest_gap_is_taken_in_each_resample() -> None:
    assert widest_gap([np.array([0.1, 0.5]), np.array([0.3, 0.2])]) == pytest.approx([0.2, 0.3])
