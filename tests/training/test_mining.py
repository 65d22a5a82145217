"""Mining: which training rows a model flags and should not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.contracts import CATEGORIES, Category
from models.contracts.bundle import OperatingPoint
from models.data.errors import DataError
from models.data.store import Examples
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import open_classifier
from models.training.mining import from_sources, hard_negatives, write_digests

SHIPPED = Path(__file__).parents[2] / "models/bundles/text-minilm"


def examples(texts: list[str], toxicity: int) -> Examples:
    labels = np.full((len(texts), len(CATEGORIES)), -1, dtype=np.int8)
    labels[:, CATEGORIES.index(Category.TOXICITY)] = toxicity
    n = len(texts)
    return Examples(
        digests=[f"{i:064x}" for i in range(n)],
        texts=texts,
        labels=labels,
        auxiliary=np.empty((n, 0), dtype=np.int8),
        sources=["here"] * n,
        weights=np.ones(n, dtype=np.float32),
    )


TEXTS = ["you are a fucking idiot", "what a lovely day"]


def mined(rows: Examples, point: OperatingPoint = OperatingPoint.BALANCED) -> list[str]:
    return hard_negatives(open_classifier(load_text_bundle(SHIPPED)), rows, lambda done, total: None, point)


def test_a_flagged_row_that_is_known_to_be_no_is_hard() -> None:
    assert mined(examples(TEXTS, toxicity=0)) == [f"{0:064x}"]


def test_rows_that_are_yes_or_unknown_are_not_hard() -> None:
    assert mined(examples(TEXTS, toxicity=1)) == []
    assert mined(examples(TEXTS, toxicity=-1)) == []


def test_the_recall_point_finds_more_than_the_precision_point() -> None:
    rows = examples(["you are a fucking idiot", "you fool", "what a fool", "silly goose", "dumb", "ok"], toxicity=0)
    found = [set(mined(rows, point)) for point in OperatingPoint]
    assert found[0] < found[-1]
    assert found[0] <= found[1] <= found[-1]


def test_digests_are_written_one_a_line_and_sorted(tmp_path: Path) -> None:
    write_digests(["b", "a"], tmp_path / "deep" / "hard.txt")
    assert (tmp_path / "deep" / "hard.txt").read_text() == "a\nb\n"


def test_only_the_sources_asked_for_are_looked_at() -> None:
    rows = replace(examples(TEXTS * 2, toxicity=0), sources=["noisy", "noisy", "trusted", "trusted"])
    assert from_sources(rows, ["trusted"]).digests == [f"{2:064x}", f"{3:064x}"]
    assert from_sources(rows, ()) == rows


def test_a_source_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match=r"no training row is of elsewhere; `weir data list`"):
        from_sources(examples(TEXTS, toxicity=0), ["here", "elsewhere"])
