import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import OperatingPoint
from models.evaluation.pictures.unseen import (
    Unseen,
    any_false_alarm,
    choose_unseen_thresholds,
    measure_unseen,
    nested_flags,
    threshold_at,
)

SCORES = st.lists(st.floats(-10, 10), min_size=2, max_size=60)


@given(SCORES, st.floats(0.001, 0.5))
def test_no_threshold_flags_more_than_its_budget(scores: list[float], budget: float) -> None:
    values = np.array(scores)
    sources = np.array(["one", "other"])[np.arange(len(values)) % 2]
    flagged = values >= threshold_at(values, sources, budget)
    assert np.mean([flagged[sources == name].mean() for name in np.unique(sources)]) <= budget + 1e-9


def test_a_small_hard_source_counts_as_much_as_a_large_easy_one() -> None:
    scores = np.concatenate([np.zeros(1000), np.linspace(1, 2, 10)])
    sources = np.array(["easy"] * 1000 + ["hard"] * 10)
    assert (scores >= threshold_at(scores, sources, 0.1)).sum() == 2


def test_operating_points_rise_from_recall_to_precision() -> None:
    rng = np.random.default_rng(0)
    points = choose_unseen_thresholds(rng.normal(size=5000), np.full(5000, "one"))
    assert points[OperatingPoint.RECALL] < points[OperatingPoint.BALANCED] < points[OperatingPoint.PRECISION]


def make(n: int = 400) -> Unseen:
    """Two rounds; in the second everything scores two higher."""
    rng = np.random.default_rng(1)
    rounds = np.array(["first", "second"])[np.arange(n) % 2]
    labels = (np.arange(n) // 2) % 2
    scores = rng.normal(size=n) + 3 * labels + 2 * (rounds == "second")
    sources = np.char.add(rounds, np.where(labels == 1, "-yes", "-no"))
    return Unseen(scores, labels, rounds, sources, labels == 0, np.arange(n))


def test_a_rounds_threshold_comes_from_the_other_rounds() -> None:
    unseen = make()
    flagged = nested_flags(unseen, OperatingPoint.RECALL)
    ordinary = unseen.ordinary
    assert flagged[ordinary & (unseen.rounds == "second")].mean() > 0.3
    assert flagged[ordinary & (unseen.rounds == "first")].mean() == 0.0


def test_one_source_is_measured_against_the_ordinary_pictures_of_its_rounds() -> None:
    unseen = make()
    found = measure_unseen(unseen, unseen.scores > 2, "first-yes", seed=0)
    assert (found.n_positives, found.n_ordinary) == (100, 100)
    assert found.recall.value == pytest.approx(float((unseen.scores[unseen.sources == "first-yes"] > 2).mean()))
    assert found.roc_auc.low <= found.roc_auc.value <= found.roc_auc.high


def test_a_picture_that_two_categories_flag_is_one_false_alarm() -> None:
    unseen = make()
    ordinary = unseen.take(unseen.ordinary)
    flags = np.zeros(len(ordinary.scores), dtype=bool)
    flags[:20] = True
    shares = any_false_alarm([flags, flags], ordinary, seed=0)
    assert shares["all"].value == pytest.approx(20 / 200)
    assert set(shares) == {"all", "first-no", "second-no"}
