import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from models.contracts import CATEGORIES, Category
from models.evaluation.comparison import MIN_POSITIVES, compare, macro

HATE, SPAM = CATEGORIES.index(Category.HATE), CATEGORIES.index(Category.SPAM)
N = 4 * MIN_POSITIVES


def world(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels for hate and spam, half yes, and scores that follow them with noise."""
    rng = np.random.default_rng(seed)
    labels = np.full((N, len(CATEGORIES)), -1, dtype=np.int8)
    labels[:, [HATE, SPAM]] = (rng.permutation(N) % 2)[:, None]
    probs = np.full((N, len(CATEGORIES)), np.nan)
    probs[:, [HATE, SPAM]] = labels[:, [HATE, SPAM]] + rng.normal(size=(N, 2))
    return labels, probs


def strata() -> np.ndarray:
    return np.zeros(N, dtype=int)


def test_unknown_labels_are_left_out() -> None:
    labels, probs = world()
    labels[:10, HATE] = -1
    found = compare(labels, {"a": probs}, strata(), seed=0)[0]
    expected = average_precision_score(labels[10:, HATE], probs[10:, HATE])
    assert len(found.rows) == N - 10
    assert found.system_areas()["a"].pr_auc.value == pytest.approx(expected)


def test_systems_are_compared_on_rows_that_both_score() -> None:
    labels, probs = world()
    partial = probs.copy()
    partial[:50] = np.nan
    found = compare(labels, {"a": probs, "b": partial}, strata(), seed=0)[0]
    assert found.rows.tolist() == list(range(50, N))
    assert found.system_areas()["a"] == found.system_areas()["b"]


def test_a_system_without_a_head_does_not_take_rows_from_the_others() -> None:
    labels, probs = world()
    headless = probs.copy()
    headless[:, SPAM] = np.nan
    hate, spam = compare(labels, {"a": probs, "b": headless}, strata(), seed=0)
    assert set(hate.on_sample) == {"a", "b"}
    assert (set(spam.on_sample), len(spam.rows)) == ({"a"}, N)


def test_the_mean_of_several_systems_takes_categories_that_all_of_them_score() -> None:
    labels, probs = world()
    headless = probs.copy()
    headless[:, SPAM] = np.nan
    comparisons = compare(labels, {"a": probs, "b": headless}, strata(), seed=0)
    both, alone = macro(comparisons, ["a", "b"]), macro(comparisons, ["a"])
    assert both is not None
    assert alone is not None
    assert both.categories == (Category.HATE,)
    assert alone.categories == (Category.HATE, Category.SPAM)


def test_the_mean_is_the_mean_over_categories() -> None:
    labels, probs = world()
    found = macro(compare(labels, {"a": probs}, strata(), seed=0), ["a"])
    assert found is not None
    expected = np.mean([average_precision_score(labels[:, c], probs[:, c]) for c in (HATE, SPAM)])
    assert found.systems["a"].pr_auc.value == pytest.approx(expected)


def test_a_category_with_too_few_positives_is_shown_but_not_counted() -> None:
    labels, probs = world()
    labels[:, SPAM] = 0
    labels[: MIN_POSITIVES - 1, SPAM] = 1
    comparisons = compare(labels, {"a": probs}, strata(), seed=0)
    found = macro(comparisons, ["a"])
    assert found is not None
    assert found.categories == (Category.HATE,)
    assert comparisons[1].system_areas() != {}


def test_a_category_with_one_class_has_no_areas() -> None:
    labels, probs = world()
    labels[:, SPAM] = 0
    assert compare(labels, {"a": probs}, strata(), seed=0)[1].system_areas() == {}


def test_there_is_no_mean_over_nothing() -> None:
    labels, probs = world()
    labels[:, [HATE, SPAM]] = 0
    assert macro(compare(labels, {"a": probs}, strata(), seed=0), ["a"]) is None


def test_the_lead_over_a_copy_of_oneself_is_exactly_zero() -> None:
    labels, probs = world()
    found = macro(compare(labels, {"a": probs, "b": probs.copy()}, strata(), seed=0), ["a", "b"])
    assert found is not None
    assert (found.lead["b"].low, found.lead["b"].value, found.lead["b"].high) == (0.0, 0.0, 0.0)


def test_a_lead_in_pairs_is_narrower_than_the_two_intervals_apart() -> None:
    labels, probs = world()
    worse = probs + np.random.default_rng(9).normal(scale=0.2, size=probs.shape)
    found = macro(compare(labels, {"a": probs, "b": worse}, strata(), seed=0), ["a", "b"])
    assert found is not None
    width = {name: areas.pr_auc.high - areas.pr_auc.low for name, areas in found.systems.items()}
    assert found.lead["b"].high - found.lead["b"].low < min(width.values())


def test_the_order_of_rows_does_not_move_the_areas() -> None:
    labels, probs = world()
    order = np.random.default_rng(1).permutation(N)
    before = compare(labels, {"a": probs}, strata(), seed=0)[0].system_areas()["a"]
    after = compare(labels[order], {"a": probs[order]}, strata(), seed=0)[0].system_areas()["a"]
    assert after.pr_auc.value == pytest.approx(before.pr_auc.value)
