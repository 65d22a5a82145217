import numpy as np
import pytest
from scipy.stats import binomtest

from monitoring.safety.intervals import clopper_pearson, weighted_share, wilson


@pytest.mark.parametrize(("n_yes", "n"), [(0, 12), (1, 40), (20, 40), (12, 12)])
def test_intervals_are_those_of_scipy(n_yes: int, n: int) -> None:
    tested = binomtest(n_yes, n)
    score, exact = tested.proportion_ci(method="wilson"), tested.proportion_ci(method="exact")
    assert (wilson(n_yes, n).low, wilson(n_yes, n).high) == pytest.approx((score.low, score.high), abs=1e-12)
    mine = clopper_pearson(n_yes, n)
    assert (mine.low, mine.high) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_a_sample_of_equal_weights_has_nearly_the_exact_interval() -> None:
    yes = np.repeat([1.0, 0.0], [7, 93])
    mine, exact = weighted_share(yes, np.full(100, 50.0)), clopper_pearson(7, 100)
    assert (mine.value, mine.low, mine.high) == pytest.approx((exact.value, exact.low, exact.high), abs=2e-3)


def test_nothing_harmful_in_a_sample_is_not_nothing_harmful_at_all() -> None:
    found = weighted_share(np.zeros(300), np.ones(300))
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 300), rel=1e-6)


def test_unequal_weights_make_the_interval_wider() -> None:
    yes = np.tile([1.0, 0.0, 0.0, 0.0], 50)
    even = weighted_share(yes, np.ones(200))
    uneven = weighted_share(yes, np.tile([1.0, 1.0, 1.0, 1.0, 9.0, 9.0, 9.0, 9.0], 25))
    assert uneven.value == pytest.approx(even.value)
    assert uneven.high - uneven.low > 1.2 * (even.high - even.low)
