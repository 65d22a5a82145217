"""Agreement: the published examples, another implementation, and the limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.reviews.agreement import cohen_kappa, krippendorff_alpha, pairwise_agreement, raw_agreement

VALUES = st.sampled_from(["yes", "no"])
PAIRS = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=40)
UNITS = st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=20)


def test_alpha_is_that_of_krippendorff_s_binary_example() -> None:
    meg, owen = "0100000000", "1110010010"
    assert krippendorff_alpha(list(zip(meg, owen, strict=True))) == pytest.approx(0.095, abs=5e-4)


def test_alpha_is_that_of_krippendorff_s_example_with_four_observers_and_missing_values() -> None:
    observers = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    units = [[said[unit] for said in observers if said[unit] != "."] for unit in range(12)]
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)


@given(PAIRS)
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    found = cohen_kappa(pairs)
    if found is not None:
        assert found == pytest.approx(metrics.cohen_kappa_score(*zip(*pairs, strict=True)), abs=1e-9)


@given(UNITS)
def test_alpha_is_at_most_one_and_is_one_only_without_disagreement(units: list[list[str]]) -> None:
    found = krippendorff_alpha(units)
    if found is not None:
        assert found <= 1.0
        assert (found == 1.0) == all(len(set(unit)) <= 1 for unit in units)


@given(UNITS, st.randoms())
def test_alpha_does_not_depend_on_any_order(units: list[list[str]], random: object) -> None:
    shuffled = [sorted(unit) for unit in reversed(units)]
    found, again = krippendorff_alpha(units), krippendorff_alpha(shuffled)
    assert found == (None if again is None else pytest.approx(again))


@pytest.mark.parametrize("measure", [raw_agreement, cohen_kappa, krippendorff_alpha, pairwise_agreement])
def test_nothing_is_measured_without_opinions(measure: object) -> None:
    assert measure([]) is None  # type: ignore[operator]


def test_chance_explains_what_is_always_the_same() -> None:
    assert cohen_kappa([("no", "no")] * 5) is None
    assert krippendorff_alpha([["no", "no"]] * 5) is None


def test_pairwise_agreement_counts_every_pair_of_opinions() -> None:
    assert pairwise_agreement([["a", "a", "b"], ["c", "c"], ["d"]]) == pytest.approx(2 / 4)
