"""The standing: rollouts only grow with their share, and taking back undoes exactly the last step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rollout.errors import NothingToRollBackError
from service.rollout.standing import EVERYBODY, Standing, is_chosen

VERSIONS = st.text("0123456789abcdef", min_size=1, max_size=12)
TENANTS = st.text(min_size=1, max_size=64)
PERCENTS = st.integers(1, EVERYBODY)


@given(VERSIONS, TENANTS, PERCENTS, PERCENTS)
def test_a_tenant_who_is_in_stays_in_when_the_share_grows(version: str, tenant: str, one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert is_chosen(version, tenant, less) <= is_chosen(version, tenant, more)


@given(VERSIONS, TENANTS)
def test_everybody_is_in_at_a_hundred_percent_and_nobody_at_none(version: str, tenant: str) -> None:
    assert is_chosen(version, tenant, EVERYBODY)
    assert not is_chosen(version, tenant, 0)


@given(VERSIONS, st.sampled_from([5, 10, 25, 50, 75, 90]))
def test_the_share_of_tenants_is_what_was_asked_for(version: str, percent: int) -> None:
    n_in = sum(is_chosen(version, f"tenant-{number}", percent) for number in range(2_000))
    assert abs(n_in / 2_000 - percent / 100) < 0.07  # six standard deviations at 50 %


def test_two_versions_do_not_try_the_same_tenants_first() -> None:
    one, other = ({n for n in range(1_000) if is_chosen(version, str(n), 20)} for version in ("aaaa", "bbbb"))
    assert len(one & other) < 100


STEPS = st.lists(st.tuples(st.sampled_from("abcd"), PERCENTS) | st.none(), max_size=20)


@given(STEPS, VERSIONS, PERCENTS)
def test_rolling_back_undoes_an_activation(steps: list[tuple[str, int] | None], version: str, percent: int) -> None:
    standing = Standing().activated("first", EVERYBODY)
    for step in steps:
        try:
            standing = standing.rolled_back() if step is None else standing.activated(*step)
        except NothingToRollBackError:
            assert (standing.candidate, len(standing.bases)) == (None, 1)
    after = standing.activated(f"new {version}", percent).rolled_back()
    assert after == Standing(standing.bases)


def test_the_first_policy_cannot_be_taken_back() -> None:
    with pytest.raises(NothingToRollBackError):
        Standing().activated("a", EVERYBODY).rolled_back()


def test_a_candidate_becomes_the_base_at_a_hundred_percent() -> None:
    staged = Standing().activated("a", EVERYBODY).activated("b", 10).activated("b", 50)
    assert (staged.base, staged.candidate, staged.percent) == ("a", "b", 50)
    assert staged.activated("b", EVERYBODY) == Standing(("a", "b"))
