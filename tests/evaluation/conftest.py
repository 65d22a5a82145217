"""A tiny world with known answers: texts that carry their own logits, and a model that reads them off."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.contracts import CATEGORIES, CalibrationTable, Category, ThresholdTable
from models.evaluation.arrays import Rows
from models.evaluation.suite import Question

HATE, SPAM = CATEGORIES.index(Category.HATE), CATEGORIES.index(Category.SPAM)


@dataclass(frozen=True)
class ReadingScorer:
    """Scores a text such as "1.5 -2.0 0.3" with the numbers in it: hate, spam, aux/sexism."""

    name: str = "reader"
    digest: str = "a" * 64
    labels: tuple[Category, ...] = (Category.HATE, Category.SPAM)
    auxiliary_labels: tuple[str, ...] = ("aux/sexism",)
    calibration: CalibrationTable | None = None
    thresholds: ThresholdTable | None = None
    asked: list[str] = field(default_factory=list)

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.extend(texts)
        return np.array([[float(word) for word in text.split()] for text in texts], dtype=np.float32)


def make_rows(split: str, n: int, seed: int) -> Rows:
    """Rows of two sources: edos labels hate and sexism, mail labels spam. Logits follow the labels, with noise."""
    rng = np.random.default_rng(seed)
    yes = (np.arange(n) % 3 == 0).astype(np.int8)
    in_edos = np.arange(n) < n // 2
    labels = np.full((n, len(CATEGORIES)), -1, dtype=np.int8)
    labels[in_edos, HATE], labels[~in_edos, SPAM] = yes[in_edos], yes[~in_edos]
    logits = 2.0 * yes[:, None] - 2.0 + rng.normal(size=(n, 3))
    return Rows(
        digests=[f"{split}-{i:04d}" for i in range(n)],
        texts=[" ".join(f"{value:.3f}" for value in row) for row in logits],
        labels=labels,
        auxiliary=np.where(in_edos, yes, -1)[:, None].astype(np.int8),
        sources=["edos" if one else "mail" for one in in_edos],
    )


@pytest.fixture
def scorer() -> ReadingScorer:
    return ReadingScorer()


@pytest.fixture
def rows() -> dict[str, Rows]:
    return {name: make_rows(name, 240, seed) for seed, name in enumerate(("validation", "calibration", "test"))}


@pytest.fixture
def question(rows: dict[str, Rows], tmp_path: Path) -> Question:
    return Question(
        split="test",
        rows=rows,
        auxiliary_labels=("aux/sexism",),
        dataset_digest="d" * 64,
        baselines=None,
        cache_dir=tmp_path / "cache",
    )
