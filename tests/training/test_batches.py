import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.training.batches import collate, plan_epoch, split
from models.training.surroundings import Passage

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


def passage(*ids: int) -> Passage:
    return Passage(np.array(ids, dtype=np.int32), np.zeros(len(ids), dtype=np.int8))


def test_collating_pads_with_zeros_that_the_mask_hides() -> None:
    batch = collate([passage(2, 9, 3), passage(2, 9, 8, 3)])
    assert batch.ids.tolist() == [[2, 9, 3, 0], [2, 9, 8, 3]]
    assert batch.mask.tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert batch.evidence.tolist() == [[0, 0, 0, -1], [0, 0, 0, 0]]


@given(st.lists(st.integers(2, 200), min_size=1, max_size=60), st.integers(1, 3))
def test_splitting_keeps_every_row_once(lengths: list[int], n_parts: int) -> None:
    parts = split(lengths, n_parts)
    assert sorted(row for part in parts for row in part.tolist()) == list(range(len(lengths)))
    assert len(parts) >= min(n_parts, len(lengths))


def test_one_long_passage_does_not_pad_the_others() -> None:
    parts = split([20] * 50 + [90], 1)
    assert [50] in [part.tolist() for part in parts]
