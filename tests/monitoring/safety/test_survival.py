"""How long things take, against times that are known and partly hidden."""

import numpy as np
import pytest

from monitoring.safety.survival import quantiles


def test_without_waiting_it_is_the_plain_median() -> None:
    times = np.arange(1.0, 102.0)
    median, ninety = quantiles(times, np.ones(101, dtype=bool), (0.5, 0.9))
    assert median.value == 51.0
    assert ninety.value == 91.0
    assert 40 < median.low < 51 < median.high < 62  # type: ignore[operator]


def test_leaving_out_what_waits_would_be_too_fast() -> None:
    rng = np.random.default_rng(0)
    true, looked = rng.exponential(10.0, 4_000), rng.exponential(10.0, 4_000)
    is_over = true <= looked
    (found,) = quantiles(np.minimum(true, looked), is_over, (0.5,))
    assert found.value == pytest.approx(10.0 * np.log(2), rel=0.08)
    assert np.median(true[is_over]) < 0.6 * 10.0 * np.log(2)


def test_what_mostly_waits_has_no_median() -> None:
    (found,) = quantiles(np.arange(10.0), np.arange(10) < 3, (0.5,))
    assert found.value is None


def test_one_time_alone_has_no_upper_bound_and_a_thousand_equal_ones_have() -> None:
    (one,), (many,) = (quantiles(np.full(n, 3.0), np.ones(n, dtype=bool), (0.5,)) for n in (1, 1_000))
    assert (one.value, one.high) == (3.0, None)
    assert (many.value, many.high) == (3.0, 3.0)


def test_intervals_of_medians_hold_the_truth_in_nineteen_of_twenty() -> None:
    rng, hits, n_seeds = np.random.default_rng(1), 0, 400
    for _ in range(n_seeds):
        true, looked = rng.exponential(1.0, 120), rng.exponential(2.0, 120)
        (found,) = quantiles(np.minimum(true, looked), true <= looked, (0.5,))
        hits += found.low <= np.log(2) <= (found.high or np.inf)  # type: ignore[operator]
    assert hits / n_seeds >= 0.92
