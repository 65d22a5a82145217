"""Attacked: texts of the test split before and after they are disguised, and what a classifier flags of both."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES, Category, OperatingPoint
from models.evaluation.arrays import Bools, Ints
from models.evaluation.suites.report import Progress, SuiteModel
from models.evaluation.suites.rows import Labelled, thresholds_at
from models.runtime.batching import run_batches
from models.runtime.classifier import DEFAULT_MAX_BATCH_TOKENS, PreparedText, TextClassifier

Combination = tuple[str, ...]
"""Attacks, one after the other."""

MAX_ORDINARY: Final = 5_000
CHUNK: Final = 512
"""Texts that are scored between two reports of progress."""

YES: Final = 1
NO: Final = 0


@dataclass(frozen=True)
class Positives:
    """Rows that carry a harm, once for every category that they carry.

    Attributes:
        texts, digests: of the distinct rows.
        rows: which of them. *Shape:* `(m,)`.
        columns: which category. *Shape:* `(m,)`.
        found: whether the model finds it on the text as it is. *Shape:* `(m,)`.

    """

    texts: list[str]
    digests: list[str]
    rows: Ints
    columns: Ints
    found: Bools

    def categories(self, n_least: int) -> list[Category]:
        """Those of which enough are found."""
        return [c for i, c in enumerate(CATEGORIES) if int((self.found & (self.columns == i)).sum()) >= n_least]


@dataclass(frozen=True)
class Judge:
    """A classifier with its balanced thresholds, as yes and no.

    It remembers what it has read: many disguised texts are the same to the model as others, once they are read.

    Attributes:
        classifier: any open bundle.
        bars: *Shape:* `(16,)`, in the order of the taxonomy; infinite where the bundle has no such category.
        seen: flags by the token ids of a text.

    """

    classifier: TextClassifier
    bars: NDArray[np.float64]
    seen: dict[tuple[bytes, ...], Bools] = field(default_factory=dict)

    def flags(self, texts: Sequence[str], stage: str, progress: Progress) -> Bools:
        """What is flagged. *Shape:* `(n, 16)`. A row that cannot be scored is not."""
        flags = np.zeros((len(texts), len(CATEGORIES)), dtype=np.bool_)
        for start in range(0, len(texts), CHUNK):
            prepared = self.classifier.prepare(texts[start : start + CHUNK])
            keys = [tuple(window.tobytes() for window in one.windows) for one in prepared]
            fresh = {key: one for key, one in zip(keys, prepared, strict=True) if key not in self.seen}
            if fresh:
                self.seen.update(zip(fresh, self._flags(list(fresh.values())), strict=True))
            flags[start : start + len(keys)] = [self.seen[key] for key in keys]
            progress(stage, start + len(keys), len(texts))
        return flags

    def _flags(self, prepared: Sequence[PreparedText]) -> Bools:
        windows = [window for one in prepared for window in one.windows]
        logits = run_batches(self.classifier.infer, windows, DEFAULT_MAX_BATCH_TOKENS)
        probs = self.classifier.probabilities(self.classifier.pool(logits, [len(one.windows) for one in prepared]))
        flags = np.zeros((len(prepared), len(CATEGORIES)), dtype=np.bool_)
        columns = [CATEGORIES.index(label) for label in self.classifier.labels]
        flags[:, columns] = probs >= self.bars[columns]
        return flags


def balanced_bars(model: SuiteModel) -> NDArray[np.float64]:
    """The balanced thresholds in the order of the taxonomy. *Shape:* `(16,)`, infinite for what is not scored."""
    bars = thresholds_at(model, OperatingPoint.BALANCED)
    return np.array([bars.get(category.value, np.inf) for category in CATEGORIES], dtype=np.float64)


def find_positives(test: Labelled, judge: Judge, cap: int, seed: int, progress: Progress) -> Positives:
    """Positives of every category, in an order drawn by lot, until `cap` of them are found.

    Twice as many are looked at as are wanted, which is enough at a recall of one half; of a category with less
    there are fewer.
    """
    rng = np.random.default_rng(seed)
    candidates = {
        column: rng.permutation(np.flatnonzero(test.rows.labels[:, column] == YES))[: 2 * cap]
        for column, category in enumerate(CATEGORIES)
        if category in judge.classifier.labels
    }
    rows = np.unique(np.concatenate([*candidates.values(), np.array([], dtype=np.int64)])).astype(np.int64)
    flags = judge.flags([test.rows.texts[i] for i in rows], "positives", progress)
    place = {int(row): i for i, row in enumerate(rows)}
    kept: list[tuple[int, int, bool]] = []
    for column, drawn in candidates.items():
        found = flags[[place[int(row)] for row in drawn], column]
        enough = int(np.searchsorted(np.cumsum(found), cap)) + 1
        kept += [
            (place[int(row)], column, bool(is_found)) for row, is_found in zip(drawn[:enough], found, strict=False)
        ]
    used = sorted({row for row, _, _ in kept})
    again = {row: i for i, row in enumerate(used)}
    return Positives(
        texts=[test.rows.texts[rows[i]] for i in used],
        digests=[test.rows.digests[rows[i]] for i in used],
        rows=np.array([again[row] for row, _, _ in kept], dtype=np.int64),
        columns=np.array([column for _, column, _ in kept], dtype=np.int64),
        found=np.array([is_found for _, _, is_found in kept], dtype=np.bool_),
    )


def find_ordinary(test: Labelled, model: SuiteModel) -> tuple[list[str], Bools]:
    """Texts that carry no harm as far as anybody looked, and the categories that were looked at. *Shape:* `(n, 16)`."""
    labels = test.rows.labels
    rows = np.flatnonzero((labels == NO).any(axis=1) & ~(labels == YES).any(axis=1))
    most = MAX_ORDINARY if model.limit is None else min(MAX_ORDINARY, 20 * model.limit)
    rows = np.random.default_rng(model.seed).permutation(rows)[:most]
    return [test.rows.texts[int(i)] for i in rows], labels[rows] == NO


def disguise(texts: Sequence[str], attacks: Combination, seed: int) -> list[str]:
    """Every text under the attacks, one after the other. The same seed and text give the same disguise."""
    from models.data.attacks import attack

    disguised = []
    for text in texts:
        chance = random.Random(f"{seed}:{'+'.join(attacks)}:{text}")
        for name in attacks:
            text = attack(text, name, chance)  # noqa: PLW2901 - one attack after the other
        disguised.append(text)
    return disguised
