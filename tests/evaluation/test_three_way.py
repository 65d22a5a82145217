import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from models.evaluation.three_way import HATE, NORMAL, OFFENSIVE, Offsets, decide, macro_f1, tune_offsets

classes = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


@given(classes)
def test_the_mean_f1_is_that_of_a_library(pairs) -> None:
    decided, truth = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    expected = f1_score(truth, decided, labels=[0, 1, 2], average="macro", zero_division=0.0)
    assert macro_f1(decided, truth)[0] == pytest.approx(expected)


def test_a_row_drawn_twice_counts_twice() -> None:
    decided, truth = np.array([0, 1, 2]), np.array([0, 1, 1])
    weighted = macro_f1(decided, truth, np.array([[1.0, 2.0, 1.0]]))
    assert weighted[0] == pytest.approx(macro_f1(decided[[0, 1, 1, 2]], truth[[0, 1, 1, 2]])[0])


def test_what_neither_output_claims_is_normal() -> None:
    found = decide(np.array([2.0, 1.0, -1.0]), np.array([1.0, 2.0, -1.0]), Offsets(0.0, 0.0))
    assert found.tolist() == [HATE, OFFENSIVE, NORMAL]


def test_offsets_make_up_for_outputs_that_are_all_too_low() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, size=300)
    hate = np.where(truth == HATE, -2.0, -6.0) + rng.normal(0.0, 0.1, size=300)
    offensive = np.where(truth == OFFENSIVE, -3.0, -7.0) + rng.normal(0.0, 0.1, size=300)
    decided = decide(hate, offensive, tune_offsets(hate, offensive, truth))
    assert (decide(hate, offensive, Offsets(0.0, 0.0)) == NORMAL).all()
    assert macro_f1(decided, truth)[0] > 0.95
