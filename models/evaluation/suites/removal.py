"""Removal: what becomes of a score when words are taken out of a text. It tells whether evidence is faithful.

Words that carried a score take it with them; as many other words do not.
Source: DeYoung et al. (2020), "ERASER", for comprehensiveness as the drop of a score without its rationale.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.contracts import Category, OperatingPoint
from models.evaluation.arrays import Floats
from models.evaluation.suites.report import Progress, SuiteModel
from models.evaluation.suites.rows import Labelled, at_most
from models.runtime.alignment import Range
from models.runtime.evidence import word_scores
from models.runtime.words import read_words

MAX_WORDS: Final = 80
MIN_WORDS: Final = 4
MIN_ROWS: Final = 10
"""With fewer rows a category has no number."""
N_DRAWS: Final = 2
"""Random choices of words a text."""


@dataclass(frozen=True)
class Removal:
    """Shares of a category's score that texts lose, in [-inf, 1], one entry a text.

    Attributes:
        evidence: without the words that evidence names.
        chance: without as many words drawn by lot, on the same texts.
        words: share of a text's words that evidence names.

    """

    evidence: Floats
    chance: Floats
    words: Floats


def measure_removal(
    model: SuiteModel, test: Labelled, category: Category, n_rows: int, progress: Progress
) -> Removal | None:
    """On positives of a category that the model finds; None with too few of them, or without any evidence."""
    rows = test.select(np.flatnonzero(test.truth(category) == 1))
    texts = [text for text in at_most(rows, 4 * n_rows).rows.texts if MIN_WORDS <= len(text.split()) <= MAX_WORDS]
    column = model.classifier.labels.index(category)
    bar = model.classifier.bundle.thresholds.categories[category][OperatingPoint.BALANCED]
    probs = model.classifier.score(texts)[:, column] if texts else np.empty(0)
    found = [(text, float(prob)) for text, prob in zip(texts, probs, strict=True) if prob >= bar][:n_rows]
    chance = random.Random(model.seed)
    before: list[float] = []
    shares: list[float] = []
    changed: list[str] = []
    for index, (text, prob) in enumerate(found):
        progress(f"evidence removed: {category.value}", index + 1, len(found))
        words = read_words(model.classifier, text, [category])
        named = np.flatnonzero(np.isfinite(word_scores(words, category))).tolist()
        if not named or len(named) == len(words.ranges):
            continue
        draws = [chance.sample(range(len(words.ranges)), len(named)) for _ in range(N_DRAWS)]
        changed += [without(words.text, [words.ranges[word] for word in chosen]) for chosen in (named, *draws)]
        before.append(prob)
        shares.append(len(named) / len(words.ranges))
    if len(before) < MIN_ROWS:
        return None
    after = model.classifier.score(changed)[:, column].astype(np.float64).reshape(len(before), 1 + N_DRAWS)
    lost = 1.0 - after / np.array(before)[:, np.newaxis]
    return Removal(lost[:, 0], lost[:, 1:].mean(axis=1), np.array(shares))


def without(text: str, ranges: Sequence[Range]) -> str:
    """A text without some of its characters; a full stop where nothing is left."""
    kept, end = [], 0
    for start, stop in sorted(ranges):
        kept.append(text[end:start])
        end = stop
    return "".join([*kept, text[end:]]).strip() or "."
