"""What is written comes back, and what an older dataset lacks is unknown."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.contracts import Category
from models.data.digests import text_digest
from models.data.examples import Example, Split
from models.data.labels import AUXILIARY_LABELS, UNKNOWN, Auxiliary, encode
from models.data.rows import Spans
from models.data.store import EXAMPLES, Placed, load_split, write_description, write_examples, write_features

NEW_COLUMNS = ("spans", "previous", Auxiliary.SEVERE.value)


def placed(text: str, spans: Spans | None, previous: str | None) -> Placed:
    labels = encode({Category.TOXICITY: 1, Auxiliary.SEVERE: 1})
    example = Example(text, text_digest(text), "a", labels, None, None, None, 1.0, None, spans, previous)
    return Placed(example, Split.TRAIN, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [placed("one rude word", ((4, 8),), "before"), placed("another", (), None), placed("third", None, None)]
    write_examples(tmp_path, rows)
    write_features(tmp_path, rows)
    write_description(tmp_path, {})
    return tmp_path


def test_spans_and_previous_turns_come_back(folder: Path) -> None:
    train = load_split(folder, Split.TRAIN)
    found = dict(zip(train.texts, zip(train.spans, train.previous, strict=True), strict=True))
    assert found == {"one rude word": (((4, 8),), "before"), "another": ((), None), "third": (None, None)}


def test_columns_that_an_older_dataset_lacks_are_unknown(folder: Path) -> None:
    (path,) = (folder / EXAMPLES).rglob("*.parquet")
    pq.write_table(pq.ParquetFile(path).read().drop_columns(list(NEW_COLUMNS)), path)
    train = load_split(folder, Split.TRAIN)
    assert train.spans == train.previous == [None, None, None]
    assert set(train.auxiliary[:, AUXILIARY_LABELS.index(Auxiliary.SEVERE)].tolist()) == {UNKNOWN}
    assert train.auxiliary.dtype == np.int8
