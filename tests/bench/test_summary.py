"""Percentiles, medians and ratios."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.bench.summary import median, median_ratio, percentile

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


def test_percentile_is_a_value_that_was_measured():
    assert percentile([1.0, 2.0, 3.0, 100.0], 50) == 2.0
    assert percentile([1.0, 2.0, 3.0, 100.0], 99) == 100.0


@given(numbers, st.integers(1, 100))
def test_at_least_q_percent_of_the_values_do_not_exceed_the_percentile(values, q):
    found = percentile(values, q)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= q * len(values)


@given(numbers)
def test_percentiles_rise_with_q(values):
    assert percentile(values, 10) <= percentile(values, 50) <= percentile(values, 99)


@pytest.mark.parametrize(("values", "q"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_percentile_refuses_what_has_none(values, q):
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, q)


def test_median_of_an_even_count_lies_between_the_middle_two():
    assert median([4.0, 1.0, 3.0, 2.0]) == 2.5


def test_ratio_is_divided_within_rounds_before_the_median():
    subject = {0: 10.0, 1: 1.0, 2: 9.0}
    other = {0: 20.0, 1: 2.0, 2: 10.0}
    assert median_ratio(subject, other) == 0.5


def test_ratio_ignores_rounds_that_only_one_side_has():
    assert median_ratio({0: 4.0, 1: 8.0}, {1: 4.0}) == 2.0


def test_ratio_is_none_without_a_common_round_or_a_positive_denominator():
    assert median_ratio({0: 1.0}, {1: 1.0}) is None
    assert median_ratio({0: 1.0}, {0: 0.0}) is None
