import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.config import SamplingConfig
from models.training.sampling import SourceSampler, even_shares, rows_by_source, source_quotas

SIZES = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(1, 5000), min_size=1, max_size=8)


def sampler(quota: int, n_rows: int = 10, seed: int = 0) -> SourceSampler:
    return SourceSampler({"a": np.arange(n_rows)}, {"a": quota}, seed)


def test_temperature_one_keeps_the_proportions() -> None:
    quotas = source_quotas({"a": 1000, "b": 3000}, SamplingConfig(examples_an_epoch=400, temperature=1.0))
    assert quotas == {"a": 100, "b": 300}


def test_temperature_zero_gives_every_source_the_same() -> None:
    quotas = source_quotas({"a": 1000, "b": 3000}, SamplingConfig(examples_an_epoch=400, temperature=0.0))
    assert quotas == {"a": 200, "b": 200}


def test_what_a_capped_source_leaves_goes_to_the_others() -> None:
    config = SamplingConfig(examples_an_epoch=400, temperature=0.0, max_repeats=1.0)
    assert source_quotas({"a": 10, "b": 3000}, config) == {"a": 10, "b": 390}


def test_a_boost_multiplies_the_share() -> None:
    config = SamplingConfig(examples_an_epoch=400, temperature=1.0, boosts={"a": 3.0})
    assert source_quotas({"a": 1000, "b": 1000}, config) == {"a": 300, "b": 100}


@given(SIZES, st.integers(1, 20_000), st.floats(0.0, 1.0), st.floats(0.5, 4.0))
def test_quotas_stay_within_the_epoch_and_the_cap(sizes: dict, total: int, temperature: float, repeats: float) -> None:
    config = SamplingConfig(examples_an_epoch=total, temperature=temperature, max_repeats=repeats)
    quotas = source_quotas(sizes, config)
    assert quotas.keys() == sizes.keys()
    assert sum(quotas.values()) <= total + len(sizes)
    assert all(1 <= quotas[name] <= max(1, round(sizes[name] * repeats)) for name in sizes)


def test_the_same_seed_and_epoch_show_the_same_rows() -> None:
    assert (sampler(7).epoch(3) == sampler(7).epoch(3)).all()


def test_another_seed_shows_another_order() -> None:
    assert (sampler(10).epoch(0) != sampler(10, seed=1).epoch(0)).any()


@given(st.integers(1, 25), st.integers(1, 12))
def test_no_row_is_shown_again_before_all_have_been_shown(quota: int, n_epochs: int) -> None:
    shown = np.concatenate([sampler(quota).epoch(epoch) for epoch in range(n_epochs)])
    counts = np.bincount(shown, minlength=10)
    assert counts.max() - counts.min() <= 1


def test_a_limit_is_shared_evenly_between_sources() -> None:
    rows = rows_by_source(["a"] * 50 + ["b"] * 3 + ["c"] * 50, limit=23)
    assert {name: len(found) for name, found in rows.items()} == {"a": 10, "b": 3, "c": 10}


@given(SIZES, st.integers(0, 20_000))
def test_even_shares_add_up(sizes: dict[str, int], total: int) -> None:
    shares = even_shares(sizes, total)
    assert sum(shares.values()) == min(total, sum(sizes.values()))
    assert all(shares[name] <= size for name, size in sizes.items())


@pytest.mark.parametrize("epoch", [0, 5])
def test_an_epoch_has_as_many_rows_as_its_quota(epoch: int) -> None:
    assert len(sampler(17).epoch(epoch)) == 17
