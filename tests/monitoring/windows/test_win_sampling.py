import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.windows.sampling import Kept, Sample, sampling_keys


def sampled(keys: np.ndarray, strata: np.ndarray, max_rows: int, cuts: list[int]) -> Kept[int]:
    sample: Sample[int] = Sample(max_rows, strata.shape[1])
    for start, end in zip([0, *cuts], [*cuts, len(keys)], strict=True):
        sample.offer(keys[start:end], strata[start:end], lambda place, start=start: start + place)
    return sample.finish()


@given(st.integers(0, 2_000), st.integers(20, 300), st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2_000)))
def test_a_sample_is_bounded_ordered_and_the_same_however_the_stream_is_cut(
    n: int, max_rows: int, seed: int, cuts: list[int]
) -> None:
    rng = np.random.default_rng(seed)
    keys, strata = rng.random(n), rng.random((n, 4)) < [0.9, 0.3, 0.02, 0.001]
    at_once = sampled(keys, strata, max_rows, [])
    in_pieces = sampled(keys, strata, max_rows, sorted(min(cut, n) for cut in cuts))
    assert len(at_once.items) <= max_rows
    assert at_once.items == sorted(at_once.items) == in_pieces.items
    assert at_once.weights.sum() == pytest.approx(n)
    assert len(at_once.items) == n or n > max_rows


def test_a_rare_stratum_is_kept_whole_and_stands_for_itself() -> None:
    rng = np.random.default_rng(0)
    n = 100_000
    rare = np.zeros(n, dtype=np.bool_)
    rare[rng.choice(n, 25, replace=False)] = True
    kept = sampled(rng.random(n), np.stack([rare, ~rare], axis=1), 1_000, [30_000, 60_000])
    weights = {place: weight for place, weight in zip(kept.items, kept.weights, strict=True) if rare[place]}
    assert set(weights) == set(np.flatnonzero(rare).tolist())
    assert set(weights.values()) == {1.0}


def test_weighted_shares_estimate_those_of_the_stream_without_bias() -> None:
    rng = np.random.default_rng(0)
    n = 20_000
    harmful = rng.random(n) < 0.03
    value = rng.normal(harmful * 2.0, 1.0)
    strata = np.stack([harmful, harmful & (value > 2.5), rng.random(n) < 0.5], axis=1)
    found = []
    for seed in range(60):
        kept = sampled(np.random.default_rng(seed).random(n), strata, 900, [10_000])
        places = np.array(kept.items)
        found.append([kept.weights @ harmful[places] / n, kept.weights @ value[places] / n])
    error = np.abs(np.mean(found, axis=0) - [harmful.mean(), value.mean()])
    assert (error < 4 * np.std(found, axis=0) / np.sqrt(len(found))).all()


def test_keys_follow_from_the_id_and_the_seed() -> None:
    ids = [f"id-{number}" for number in range(1_000)]
    keys = sampling_keys(ids, 5)
    np.testing.assert_array_equal(keys[::-1], sampling_keys(ids[::-1], 5))
    assert 0.45 < keys.mean() < 0.55
    assert (keys != sampling_keys(ids, 6)).all()
