import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score, roc_auc_score

from models.evaluation.metrics import areas, confusion

Pairs = list[tuple[int, int]]
# Scores on a coarse grid, so that ties are common; at least one row of each class.
both_classes: st.SearchStrategy[Pairs] = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 1)), max_size=60).map(
    lambda pairs: [*pairs, (3, 0), (5, 1)]
)


def split(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    scores, labels = zip(*pairs, strict=True)
    return np.array(scores, dtype=np.float64), np.array(labels)


def test_pr_auc_of_three_rows_is_what_a_person_computes() -> None:
    # Yes, no, yes from the top: precision 1 at recall 1/2, then 2/3 at recall 1.
    found = areas(np.array([0.9, 0.8, 0.7]), np.array([1, 0, 1]))
    assert found.pr_auc[0] == pytest.approx(0.5 * 1.0 + 0.5 * 2.0 / 3.0)


def test_roc_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    # Pairs: 0.9 beats 0.8; 0.7 does not.
    assert areas(np.array([0.9, 0.8, 0.7]), np.array([1, 0, 1])).roc_auc[0] == pytest.approx(0.5)


def test_a_constant_score_ranks_like_a_coin() -> None:
    found = areas(np.full(10, 0.3), np.array([1, 0] * 5))
    assert (found.pr_auc[0], found.roc_auc[0]) == (0.5, 0.5)


@given(both_classes)
@settings(max_examples=40)
def test_areas_agree_with_scikit_learn_under_ties(pairs: Pairs) -> None:
    scores, labels = split(pairs)
    found = areas(scores, labels)
    assert found.pr_auc[0] == pytest.approx(average_precision_score(labels, scores))
    assert found.roc_auc[0] == pytest.approx(roc_auc_score(labels, scores))


@given(both_classes, st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_weighted_areas_agree_with_scikit_learn(pairs: Pairs, seed: int) -> None:
    scores, labels = split(pairs)
    weights = np.random.default_rng(seed).integers(1, 4, size=(1, len(labels))).astype(np.float64)
    found = areas(scores, labels, weights)
    assert found.pr_auc[0] == pytest.approx(average_precision_score(labels, scores, sample_weight=weights[0]))
    assert found.roc_auc[0] == pytest.approx(roc_auc_score(labels, scores, sample_weight=weights[0]))


@given(both_classes, st.randoms(use_true_random=False))
def test_areas_do_not_depend_on_the_order_of_rows(pairs: Pairs, random: st.DrawFn) -> None:
    before = areas(*split(pairs))
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    after = areas(*split(shuffled))
    assert after.pr_auc[0] == pytest.approx(before.pr_auc[0])
    assert after.roc_auc[0] == pytest.approx(before.roc_auc[0])


@given(both_classes)
def test_areas_do_not_change_under_a_rising_transform(pairs: Pairs) -> None:
    scores, labels = split(pairs)
    plain, bent = areas(scores, labels), areas(np.exp(scores / 3.0) - 7.0, labels)
    assert (plain.pr_auc[0], plain.roc_auc[0]) == (bent.pr_auc[0], bent.roc_auc[0])


def test_areas_of_a_resample_without_positives_are_not_a_number() -> None:
    found = areas(np.array([0.1, 0.9]), np.array([0, 1]), np.array([[2.0, 0.0], [1.0, 1.0]]))
    assert np.isnan(found.pr_auc).tolist() == [True, False]
    assert np.isnan(found.roc_auc).tolist() == [True, False]


@given(both_classes)
@settings(max_examples=40)
def test_decision_scores_agree_with_scikit_learn(pairs: Pairs) -> None:
    scores, labels = split(pairs)
    flagged = scores >= 4
    found = confusion(flagged, labels)
    assert found.precision[0] == pytest.approx(precision_score(labels, flagged, zero_division=0.0))
    assert found.recall[0] == pytest.approx(recall_score(labels, flagged, zero_division=0.0))
    assert found.f1[0] == pytest.approx(f1_score(labels, flagged, zero_division=0.0))
    assert found.macro_f1[0] == pytest.approx(f1_score(labels, flagged, average="macro", zero_division=0.0))
