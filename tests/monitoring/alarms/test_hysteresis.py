import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from monitoring.alarms.hysteresis import ALARMING, Hysteresis, Reading, follow, raise_after

C, B, A, U, N = Reading.CALM, Reading.BETWEEN, Reading.ALARMING, Reading.URGENT, Reading.UNKNOWN
TWO_OF_THREE = Hysteresis(raise_after=2, of_looks=3, close_after=2)
READINGS = st.lists(st.sampled_from(list(Reading)), max_size=40)


def test_one_alarming_look_opens_nothing() -> None:
    assert raise_after([C, A, C, C, A, C], TWO_OF_THREE) is None


def test_the_second_of_three_looks_opens() -> None:
    assert raise_after([C, A, C, A], TWO_OF_THREE) == 3


def test_one_urgent_look_opens() -> None:
    assert raise_after([C, U], TWO_OF_THREE) == 1


def test_calm_looks_in_a_row_close() -> None:
    assert follow([U, C, A, C, C], TWO_OF_THREE) == [True, True, True, True, False]


@pytest.mark.parametrize("between", [B, N])
def test_what_is_not_calm_breaks_the_row_of_calm_looks(between: Reading) -> None:
    assert all(follow([U, C, between, C, between], TWO_OF_THREE))


def test_a_value_on_its_threshold_neither_opens_nor_closes() -> None:
    assert follow([B] * 5, TWO_OF_THREE) == [False] * 5
    assert follow([U, *[B] * 5], TWO_OF_THREE) == [True] * 6


@given(READINGS)
def test_unknown_looks_never_change_anything(readings: list[Reading]) -> None:
    states = follow([*readings, N], TWO_OF_THREE)
    assert states[-1] is (states[-2] if readings else False)


@given(READINGS)
def test_an_alarm_opens_at_an_alarming_look_alone_and_closes_at_a_calm_one(readings: list[Reading]) -> None:
    states = [False, *follow(readings, TWO_OF_THREE)]
    for reading, before, after in zip(readings, states, states[1:], strict=False):
        assert before == after or reading in (ALARMING if after else {C})


def test_more_alarming_looks_than_are_looked_at_is_an_error() -> None:
    with pytest.raises(ValidationError):
        Hysteresis(raise_after=3, of_looks=2)
