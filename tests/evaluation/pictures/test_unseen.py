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
def test_no_source_has_more_flagged_than_the_budget(scores: list[float], budget: float) -> None:
    values = np.tile(np.array(scores), 200)
    sources = np.array(["one", "other"])[np.arange(len(values)) % 2]
    flagged = values >= threshold_at(values, sources, budget)
    assert max(flagged[sources == name].mean() for name in np.unique(sources)) <= budget + 1e-9


def test_a_hard_source_decides_for_all() -> None:
    scores = np.concatenate([np.zeros(5000), np.linspace(1, 2, 200)])
    sources = np.array(["easy"] * 5000 + ["hard"] * 200)
    assert (scores >= threshold_at(scores, sources, 0.1)).sum() == 20


def test_small_sources_count_together() -> None:
    """Alone, one picture of ten would be a tenth of a source."""
    scores = np.concatenate([np.zeros(299), [9.0]])
    sources = np.array([f"source-{index // 10}" for index in range(300)])
    assert threshold_at(scores, sources, 0.01) < 9


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


def test_a_source_is_flagged_at_the_threshold_of_the_others() -> None:
    unseen = make(2000)
    flagged = nested_flags(unseen, OperatingPoint.RECALL)
    assert flagged[unseen.sources == "second-no"].mean() > 0.3
    assert flagged[unseen.sources == "first-no"].mean() == 0.0


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
