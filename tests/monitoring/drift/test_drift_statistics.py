import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact, mannwhitneyu

from monitoring.drift.correction import holm
from monitoring.drift.ranks import distance, location
from monitoring.drift.shares import cohens_h, fisher, share_p_values


@given(st.integers(0, 40), st.integers(1, 60), st.integers(0, 400))
def test_the_exact_test_is_fishers_with_the_smaller_tail_doubled(now: int, more: int, was: int) -> None:
    n_now, n_was = now + more, was + 500
    table = [[now, n_now - now], [was, n_was - was]]
    tails = [fisher_exact(table, alternative=way).pvalue for way in ("less", "greater")]
    assert fisher(now, n_now, was, n_was) == pytest.approx(min(1.0, 2 * min(tails)), abs=1e-3)


def test_a_rare_share_is_tested_exactly_far_out_in_the_tail() -> None:
    now, n_now, was, n_was = (np.array([value]) for value in (6.0, 200.0, 10.0, 20_000.0))
    exact = 2 * fisher_exact([[6, 194], [10, 19_990]], alternative="greater").pvalue
    assert share_p_values(now, n_now, was, n_was)[0] == pytest.approx(exact, rel=1e-6)


def test_nothing_to_compare_says_nothing() -> None:
    nothing = np.zeros(1)
    assert share_p_values(nothing, nothing, nothing, nothing)[0] == 1.0


def test_the_location_test_agrees_with_mann_and_whitney() -> None:
    rng = np.random.default_rng(0)
    now, was = rng.poisson(1.2, 300), rng.poisson(1.0, 4_000)
    counts = [np.bincount(values, minlength=12).astype(float) for values in (now, was)]
    expected = mannwhitneyu(now, was, method="asymptotic", use_continuity=False).pvalue
    found = location(*counts)
    assert found.p_value == pytest.approx(expected, rel=0.15)
    assert found.effect > 0


def test_the_location_of_a_column_of_zeros_has_an_honest_tail() -> None:
    """Three of a hundred where there were six of twenty thousand: the normal tail says 1e-15."""
    found = location(np.array([97.0, 3.0]), np.array([19_994.0, 6.0]))
    exact = fisher_exact([[3, 97], [6, 19_994]]).pvalue
    assert exact / 10 < found.p_value < exact * 10


def test_p_values_of_equal_samples_are_not_too_small() -> None:
    rng = np.random.default_rng(1)
    chances = np.array([0.9, 0.05, 0.03, 0.02])
    draws = [(rng.multinomial(200, chances) * 1.0, rng.multinomial(5_000, chances) * 1.0) for _ in range(2_000)]
    for test in (location, distance):
        p_values = np.array([test(now, was).p_value for now, was in draws])
        assert (p_values <= 0.05).mean() < 0.07
        assert (p_values <= 0.005).mean() < 0.0125


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_never_makes_a_p_value_smaller_and_keeps_their_order(p_values: list[float]) -> None:
    given_p = np.array(p_values)
    adjusted = holm(given_p)
    assert (adjusted >= given_p - 1e-12).all()
    assert (adjusted <= 1.0).all()
    assert (np.diff(adjusted[np.argsort(given_p, kind="stable")]) >= 0).all()


def test_holm_over_no_tests_is_empty() -> None:
    assert len(holm(np.empty(0))) == 0


def test_the_same_step_between_shares_is_larger_where_they_are_small() -> None:
    assert cohens_h(0.02, 0.01) > cohens_h(0.51, 0.50)
