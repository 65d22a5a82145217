"""What every competitor loads: the bundle under test, and its scores as plain JSON values."""

import os
from collections.abc import Sequence
from pathlib import Path

from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import TextClassifier, open_classifier

Scores = dict[str, float]


def open_model() -> TextClassifier:
    """The classifier of the bundle that `BENCH_BUNDLE` names: one session of one thread."""
    return open_classifier(load_text_bundle(Path(os.environ["BENCH_BUNDLE"])))


def score_texts(classifier: TextClassifier, texts: Sequence[str]) -> list[Scores]:
    """One map from category to probability a text, in the order of the texts."""
    labels = [label.value for label in classifier.labels]
    return [dict(zip(labels, row, strict=True)) for row in classifier.score(texts).tolist()]


def as_texts(value: str | list[str]) -> list[str]:
    """The texts of a request: one, or a list."""
    return [value] if isinstance(value, str) else value


def setting(name: str, default: int) -> int:
    """A whole number from the environment: the knobs that the tuning grid turns."""
    return int(os.environ.get(f"BENCH_{name}", default))
