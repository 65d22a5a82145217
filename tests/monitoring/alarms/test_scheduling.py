from monitoring.scheduling import find_due, moments
from tests.monitoring.alarms.alarm_cases import HOUR_US

TEN = 10 * HOUR_US


def test_the_first_look_is_the_newest_moment_alone() -> None:
    assert find_due(None, TEN + 5, HOUR_US).due_us == (TEN,)


def test_a_look_is_due_once() -> None:
    assert find_due(TEN, TEN + HOUR_US - 1, HOUR_US).due_us == ()
    assert find_due(TEN, TEN + HOUR_US, HOUR_US).due_us == (TEN + HOUR_US,)


def test_missed_looks_are_made_up_for_oldest_first() -> None:
    missed = find_due(TEN, TEN + 3 * HOUR_US + 7, HOUR_US)
    assert missed.due_us == (TEN + HOUR_US, TEN + 2 * HOUR_US, TEN + 3 * HOUR_US)
    assert missed.n_skipped == 0


def test_a_long_downtime_is_made_up_for_in_its_newest_part() -> None:
    missed = find_due(TEN, TEN + 100 * HOUR_US, HOUR_US, max_catch_up=2)
    assert missed.due_us == (TEN + 98 * HOUR_US, TEN + 99 * HOUR_US, TEN + 100 * HOUR_US)
    assert missed.n_skipped == 97


def test_a_look_between_two_moments_leaves_the_next_one_due() -> None:
    assert find_due(TEN + 7, TEN + HOUR_US, HOUR_US).due_us == (TEN + HOUR_US,)


def test_a_clock_that_was_set_back_makes_nothing_due() -> None:
    assert find_due(TEN, TEN - 5 * HOUR_US, HOUR_US).due_us == ()


def test_a_replay_ends_at_its_last_moment() -> None:
    assert list(moments(TEN, TEN + 2 * HOUR_US, HOUR_US)) == [TEN, TEN + HOUR_US, TEN + 2 * HOUR_US]
