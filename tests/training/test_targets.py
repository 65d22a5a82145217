from pathlib import Path

import numpy as np
import pytest

from models.contracts import CATEGORIES, Category
from models.data.examples import Split
from models.data.labels import AUXILIARY_LABELS, Auxiliary
from models.data.store import Examples, load_split
from models.training.errors import NothingToLearnError
from models.training.targets import Heads, choose_heads, target_matrix


def examples(data_dir: Path) -> Examples:
    return load_split(data_dir, Split.TRAIN)


def one_yes_and_one_no_everywhere() -> Examples:
    labels = np.array([[1], [0]], dtype=np.int8).repeat(len(CATEGORIES), axis=1)
    auxiliary = np.full((2, len(AUXILIARY_LABELS)), -1, dtype=np.int8)
    return Examples(["a", "b"], ["a", "b"], labels, auxiliary, ["s", "s"], np.ones(2, np.float32))


def test_a_label_with_enough_positives_gets_a_head(data_dir: Path) -> None:
    heads = choose_heads(examples(data_dir), AUXILIARY_LABELS, 10)
    assert heads == Heads((Category.HARASSMENT, Category.SPAM), (Auxiliary.SEXISM,))


def test_a_label_that_is_never_no_gets_no_head(data_dir: Path) -> None:
    train = examples(data_dir)
    toxicity = train.labels[:, CATEGORIES.index(Category.TOXICITY)]
    assert (toxicity == 1).sum() > 10
    assert Category.TOXICITY not in choose_heads(train, AUXILIARY_LABELS, 10).labels


def test_sexual_minors_never_gets_a_head() -> None:
    heads = choose_heads(one_yes_and_one_no_everywhere(), AUXILIARY_LABELS, 1)
    assert heads.labels == tuple(category for category in CATEGORIES if category is not Category.SEXUAL_MINORS)


def test_too_few_positives_everywhere_is_an_error(data_dir: Path) -> None:
    with pytest.raises(NothingToLearnError, match="no category has 100000 training positives"):
        choose_heads(examples(data_dir), AUXILIARY_LABELS, 100_000)


def test_targets_are_the_chosen_columns_in_order(data_dir: Path) -> None:
    train = examples(data_dir)
    targets = target_matrix(train, Heads((Category.SPAM,), AUXILIARY_LABELS), AUXILIARY_LABELS)
    expected = np.concatenate([train.labels[:, [CATEGORIES.index(Category.SPAM)]], train.auxiliary], axis=1)
    np.testing.assert_array_equal(targets, expected)
