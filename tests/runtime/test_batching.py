from itertools import combinations, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.batching import RUN_COST_TOKENS, pad_windows, plan_batches, pool_windows, run_batches

LENGTHS = st.lists(st.integers(2, 256), max_size=80)


@given(LENGTHS, st.integers(1, 4096))
def test_every_window_is_planned_exactly_once(lengths: list[int], cap: int) -> None:
    planned = [index for batch in plan_batches(lengths, cap) for index in batch]
    assert sorted(planned) == list(range(len(lengths)))


@given(LENGTHS, st.integers(1, 4096))
def test_no_batch_of_several_windows_exceeds_the_cap(lengths: list[int], cap: int) -> None:
    for batch in plan_batches(lengths, cap):
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= cap


@given(st.lists(st.integers(2, 256), min_size=1, max_size=80))
def test_padding_never_costs_more_than_running_every_window_alone(lengths: list[int]) -> None:
    padded = sum(len(batch) * max(lengths[index] for index in batch) for batch in plan_batches(lengths, 10**6))
    assert padded <= sum(lengths) + RUN_COST_TOKENS * (len(lengths) - 1)


def test_equal_lengths_share_one_batch() -> None:
    assert plan_batches([7] * 64, 4096) == [list(range(64))]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_padding_keeps_every_token_and_masks_the_rest(lengths: list[int]) -> None:
    windows = [np.arange(1, length + 1) for length in lengths]
    ids, mask = pad_windows(windows)
    assert ids.shape == mask.shape == (len(lengths), max(lengths))
    for row, window in enumerate(windows):
        assert ids[row, : len(window)].tolist() == window.tolist()
        assert mask[row].tolist() == [1] * len(window) + [0] * (max(lengths) - len(window))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=40), st.integers(1, 200))
def test_batches_give_their_rows_back_in_order(lengths: list[int], cap: int) -> None:
    windows = [np.full(length, row, dtype=np.int64) for row, length in enumerate(lengths)]
    logits = run_batches(lambda some: np.array([[one[0], len(one)] for one in some], dtype=np.float32), windows, cap)
    assert logits.tolist() == [[row, length] for row, length in enumerate(lengths)]


def test_a_text_takes_the_highest_of_its_windows_in_each_column() -> None:
    logits = np.array([[0, 9], [5, 1], [2, 2], [3, 0]], dtype=np.float32)
    assert pool_windows(logits, [2, 1, 1]).tolist() == [[5, 9], [2, 2], [3, 0]]


def test_not_a_number_in_one_window_is_not_hidden_by_the_others() -> None:
    logits = np.array([[1], [np.nan], [2]], dtype=np.float32)
    assert np.isnan(pool_windows(logits, [2, 1])).tolist() == [[True], [False]]


def _cost(batches: list[list[int]]) -> int:
    """Padded tokens and the price of each run, for groups of lengths."""
    return sum(len(batch) * max(batch) + RUN_COST_TOKENS for batch in batches)


@given(st.lists(st.integers(1, 90), min_size=1, max_size=7), st.integers(90, 400))
def test_no_way_to_cut_the_sorted_lengths_is_cheaper_than_the_plan(lengths: list[int], cap: int) -> None:
    ordered = sorted(lengths)
    edges = range(1, len(ordered))
    splits = (
        [ordered[a:b] for a, b in pairwise((0, *cuts, len(ordered)))]
        for n_cuts in range(len(ordered))
        for cuts in combinations(edges, n_cuts)
    )
    legal = [split for split in splits if all(len(batch) * batch[-1] <= cap for batch in split)]
    plan = [[lengths[index] for index in batch] for batch in plan_batches(lengths, cap)]
    assert _cost(plan) == min(map(_cost, legal))
