import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from models.contracts import Category
from models.training.targets import Heads
from models.training.validation import Patience, rank

HEADS = Heads((Category.HATE, Category.SPAM), ("aux/sexism",))


def test_unknown_rows_are_left_out_of_a_ranking() -> None:
    logits = np.array([[3.0, 0, 0], [2.0, 0, 0], [1.0, 0, 0], [9.0, 0, 0]], dtype=np.float32)
    targets = np.array([[1, -1, -1], [0, -1, -1], [1, -1, -1], [-1, -1, -1]], dtype=np.int8)
    expected = average_precision_score([1, 0, 1], [3.0, 2.0, 1.0])
    assert rank(logits, targets, HEADS, 1).by_label == {"hate": pytest.approx(expected)}


def test_the_macro_leaves_auxiliary_labels_out() -> None:
    targets = np.array([[1, 1, 0], [0, 0, 1]], dtype=np.int8)
    logits = np.array([[1, 1, 1], [0, 0, 0]], dtype=np.float32)
    ranking = rank(logits, targets, HEADS, 1)
    assert ranking.macro == 1.0
    assert ranking.by_label["aux/sexism"] == 0.5


def test_labels_with_too_few_positives_are_left_out() -> None:
    targets = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=np.int8)
    assert set(rank(np.zeros((3, 3), np.float32), targets, HEADS, 2).by_label) == {"spam"}


def test_nothing_to_rank_is_zero_and_not_an_error() -> None:
    assert rank(np.zeros((2, 3), np.float32), np.full((2, 3), -1, np.int8), HEADS, 1).macro == 0.0


def test_patience_ends_after_as_many_looks_without_a_better_score() -> None:
    patience = Patience(limit=2)
    assert [patience.better(score) for score in (0.5, 0.4, 0.5)] == [True, False, False]
    assert patience.exhausted


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_patience_remembers_the_best(scores: list[float]) -> None:
    patience = Patience(limit=100)
    for score in scores:
        patience.better(score)
    assert patience.best == max(scores)
    assert patience.waited == len(scores) - 1 - scores.index(max(scores))
