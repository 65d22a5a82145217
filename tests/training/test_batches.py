import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.training.batches import collate, plan_epoch, random_window
from models.training.tokens import TokenTable

LENGTHS = st.lists(st.integers(2, 128), min_size=1, max_size=200).map(lambda lengths: np.array(lengths, dtype=np.int64))


def plan(lengths: np.ndarray, seed: int = 0) -> list[np.ndarray]:
    return plan_epoch(np.arange(len(lengths)), lengths, 512, 64, np.random.default_rng(seed))


@given(LENGTHS)
def test_every_row_is_in_exactly_one_batch(lengths: np.ndarray) -> None:
    assert sorted(np.concatenate(plan(lengths)).tolist()) == list(range(len(lengths)))


@given(LENGTHS)
def test_no_batch_is_larger_than_the_budget_of_padded_tokens(lengths: np.ndarray) -> None:
    assert all(len(batch) * lengths[batch].max() <= 512 for batch in plan(lengths))


def test_the_order_of_batches_depends_on_the_generator_alone() -> None:
    lengths = np.random.default_rng(0).integers(2, 128, 500)
    first, again, other = plan(lengths), plan(lengths), plan(lengths, seed=1)
    assert [batch.tolist() for batch in first] == [batch.tolist() for batch in again]
    assert [batch.tolist() for batch in first] != [batch.tolist() for batch in other]


def test_batches_waste_little_on_padding() -> None:
    lengths = np.random.default_rng(0).integers(2, 128, 2000)
    batches = plan_epoch(np.arange(2000), lengths, 2048, 1000, np.random.default_rng(0))
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    assert lengths.sum() / padded > 0.9


def test_a_text_that_fits_is_its_own_window() -> None:
    ids = np.array([2, 7, 8, 3], dtype=np.int32)
    assert random_window(ids, 4, np.random.default_rng(0)) is ids


@given(st.integers(5, 60), st.integers(0, 1000))
def test_a_random_window_is_a_stretch_between_the_special_tokens(n_tokens: int, seed: int) -> None:
    ids = np.array([-1, *range(n_tokens), -2], dtype=np.int32)
    window = random_window(ids, 6, np.random.default_rng(seed)).tolist()
    assert (window[0], window[-1]) == (-1, -2)
    assert window[1:-1] == list(range(window[1], window[1] + 4))


def test_random_windows_reach_both_ends() -> None:
    ids = np.array([-1, *range(8), -2], dtype=np.int32)
    starts = {random_window(ids, 6, np.random.default_rng(seed))[1] for seed in range(100)}
    assert starts == {0, 1, 2, 3, 4}


def test_collating_pads_with_zeros_that_the_mask_hides() -> None:
    table = TokenTable(np.array([2, 9, 3, 2, 9, 8, 3], dtype=np.int32), np.array([0, 3, 7]))
    ids, mask = collate(table, np.array([0, 1]), 16, np.random.default_rng(0))
    assert ids.tolist() == [[2, 9, 3, 0], [2, 9, 8, 3]]
    assert mask.tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
