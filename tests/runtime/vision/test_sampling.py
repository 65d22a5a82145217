from hypothesis import given
from hypothesis import strategies as st

from models.runtime.vision.sampling import MAX_DECODED_FRAMES, MAX_DECODED_PIXELS, decoded_frames, pick_frames

DURATIONS = st.lists(st.integers(0, 600_000), min_size=1, max_size=300)


@given(DURATIONS, st.integers(1, 8))
def test_as_many_frames_are_picked_as_asked_for_and_the_first_is_one(durations: list[int], max_frames: int) -> None:
    picks = pick_frames(durations, max_frames)
    assert len(picks) == min(max_frames, len(durations))
    assert picks[0] == 0
    assert list(picks) == sorted(set(picks))
    assert picks[-1] < len(durations)


@given(DURATIONS, st.integers(2, 8))
def test_a_frame_shown_most_of_the_time_is_picked(durations: list[int], max_frames: int) -> None:
    longest = durations.index(max(durations))
    durations[longest] = 1000 + 2 * sum(max(100, one) for one in durations)
    assert longest in pick_frames(durations, max_frames)


def test_frames_of_equal_length_are_picked_evenly() -> None:
    assert pick_frames([100] * 300, 4) == (0, 50, 150, 250)


def test_a_duration_of_nothing_counts_as_browsers_show_it() -> None:
    assert pick_frames([0] * 300, 4) == pick_frames([100] * 300, 4)


@given(st.sets(st.integers(0, 9999), min_size=1, max_size=4), st.integers(1, 10**8))
def test_the_work_is_bounded_whatever_the_canvas(picks: set[int], n_pixels: int) -> None:
    kept = decoded_frames(sorted(picks), n_pixels)
    assert picks | {0} <= set(kept)
    assert len(kept) <= max(len(picks) + 1, min(MAX_DECODED_FRAMES, MAX_DECODED_PIXELS // n_pixels) + 1)


def test_a_short_animation_is_decoded_from_its_beginning() -> None:
    assert decoded_frames((0, 5, 10), 10_000) == tuple(range(11))


def test_a_pick_far_on_is_led_up_to_by_the_frames_before_it() -> None:
    assert decoded_frames((0, 5000), 10_000) == (0, *range(4969, 5001))
