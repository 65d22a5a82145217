import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import CATEGORIES, Category
from models.evaluation.gallery import N_WORST, worst_mistakes
from models.evaluation.results import GalleryEntry, Mistake

HATE = CATEGORIES.index(Category.HATE)


def gallery(probs: list[float], labels: list[int], order: list[int] | None = None) -> tuple[GalleryEntry, ...]:
    order = order or list(range(len(probs)))
    matrix = np.full((len(probs), len(CATEGORIES)), np.nan)
    matrix[:, HATE] = np.array(probs)[order]
    truth = np.full((len(probs), len(CATEGORIES)), -1, dtype=np.int8)
    truth[:, HATE] = np.array(labels)[order]
    return worst_mistakes(matrix, truth, [f"d{i}" for i in order], ["forum"] * len(order), {Category.HATE: 0.5})


def test_false_positives_come_most_confident_first() -> None:
    found = gallery([0.6, 0.9, 0.2], [0, 0, 0])
    assert [(e.mistake, e.digest) for e in found] == [(Mistake.FALSE_POSITIVE, "d1"), (Mistake.FALSE_POSITIVE, "d0")]


def test_false_negatives_come_most_confident_first() -> None:
    found = gallery([0.4, 0.1, 0.8], [1, 1, 1])
    assert [(e.mistake, e.digest) for e in found] == [(Mistake.FALSE_NEGATIVE, "d1"), (Mistake.FALSE_NEGATIVE, "d0")]


def test_right_answers_and_unknown_labels_are_no_mistakes() -> None:
    assert gallery([0.9, 0.1, 0.9, 0.1], [1, 0, -1, -1]) == ()


def test_a_category_shows_no_more_than_the_worst() -> None:
    assert len(gallery([0.9] * 20, [0] * 20)) == N_WORST


@given(st.permutations(list(range(8))))
def test_the_gallery_does_not_depend_on_the_order_of_rows(order: list[int]) -> None:
    probs, labels = [0.9, 0.9, 0.9, 0.6, 0.1, 0.1, 0.3, 0.8], [0, 0, 0, 0, 1, 1, 1, 1]
    assert gallery(probs, labels, order) == gallery(probs, labels)
