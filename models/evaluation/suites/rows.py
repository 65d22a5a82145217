"""Rows: what suites measure on, read from the dataset and scored once.

Only here does the evaluation know the dataset's store, and only once a suite runs: everything else works on arrays.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES, Category, OperatingPoint
from models.evaluation.arrays import UNKNOWN, Floats, LabelledRows, Labels, Rows, sample, select
from models.evaluation.bundles import BundleScorer
from models.evaluation.readout import spread
from models.evaluation.scorer import Logits, cached_logits
from models.evaluation.suites.report import Progress, SuiteModel
from models.runtime.calibration import sigmoid

CACHE: Final = "cache"
SYNTHETIC: Final = "weir_seeds"
"""The source of our own written examples: nothing is measured on them."""


class SuiteSkippedError(Exception):
    """A suite has nothing to measure on; the message says what is missing."""


@dataclass(frozen=True)
class Labelled:
    """Rows of a split, and the names of their auxiliary label columns."""

    rows: Rows
    auxiliary_names: tuple[str, ...]

    def truth(self, label: str) -> Labels:
        """The labels of one category or auxiliary label, all unknown where the dataset has no such column."""
        if label in CATEGORIES:
            return self.rows.labels[:, CATEGORIES.index(Category(label))]
        if label in self.auxiliary_names:
            return self.rows.auxiliary[:, self.auxiliary_names.index(label)]
        return np.full(len(self.rows.texts), UNKNOWN, dtype=np.int8)

    def select(self, positions: NDArray[np.integer]) -> "Labelled":
        """The rows at some positions, in that order."""
        return Labelled(select(self.rows, positions), self.auxiliary_names)


@dataclass(frozen=True)
class Outputs:
    """What a bundle says about some texts.

    Attributes:
        logits: raw outputs, the categories first. *Shape:* `(n, k)`.
        names: the categories and auxiliary labels of the columns.
        probs: calibrated probabilities of the categories, a plain sigmoid of the other outputs. *Shape:* `(n, k)`.

    """

    logits: Logits
    names: tuple[str, ...]
    probs: Floats

    def prob(self, name: str) -> Floats | None:
        """One output; None where the bundle has no such one. *Shape:* `(n,)`."""
        return self.probs[:, self.names.index(name)] if name in self.names else None

    def logit(self, name: str) -> Floats | None:
        """One output before calibration; None where the bundle has no such one. *Shape:* `(n,)`."""
        return self.logits[:, self.names.index(name)].astype(np.float64) if name in self.names else None

    def categories(self) -> Floats:
        """The categories at their places in the taxonomy. *Shape:* `(n, 16)`, NaN for those not scored."""
        own = [Category(name) for name in self.names if name in CATEGORIES]
        return spread(self.probs[:, : len(own)], own)


def load_rows(model: SuiteModel, split: str, sources: Collection[str] | None = None) -> Labelled:
    """Real rows of one split, or of some of its sets.

    Raises:
        SuiteSkippedError: there is no dataset, or it has no such rows or columns.

    """
    from models.data.errors import DataError
    from models.data.examples import Split
    from models.data.labels import AUXILIARY_LABELS
    from models.data.store import load_split

    if model.data is None:
        raise SuiteSkippedError("it needs the dataset: name its folder with --data")
    try:
        loaded = load_split(model.data, Split(split), sources)
    except DataError as error:
        raise SuiteSkippedError(str(error)) from error
    except KeyError as error:
        raise SuiteSkippedError(f"the dataset lacks the column {error}; build it again") from error
    real = np.flatnonzero(np.asarray(loaded.sources) != SYNTHETIC)
    return Labelled(select(loaded, real), AUXILIARY_LABELS)


def joined(parts: Sequence[Labelled]) -> Labelled:
    """The rows of several splits, one after another."""
    return Labelled(
        Rows(
            digests=[digest for part in parts for digest in part.rows.digests],
            texts=[text for part in parts for text in part.rows.texts],
            labels=np.concatenate([part.rows.labels for part in parts]),
            auxiliary=np.concatenate([part.rows.auxiliary for part in parts]),
            sources=[source for part in parts for source in part.rows.sources],
        ),
        parts[0].auxiliary_names,
    )


def at_most(labelled: Labelled, n: int | None) -> Labelled:
    """At most n of the rows, the same ones always; all for None."""
    return labelled if n is None else Labelled(sample(labelled.rows, n), labelled.auxiliary_names)


def outputs_of(model: SuiteModel, rows: LabelledRows, out: Path, stage: str, progress: Progress) -> Outputs:
    """Score rows, or read what was scored before from the cache in the suites' folder."""
    scorer = BundleScorer(model.classifier)
    return read_outputs(model, cached_logits(scorer, rows.texts, rows.digests, out / CACHE, stage, progress))


def read_outputs(model: SuiteModel, logits: Logits) -> Outputs:
    """Probabilities of raw outputs. *Shape:* `(n, k)`."""
    manifest = model.classifier.bundle.manifest
    calibrated = model.classifier.probabilities(logits).astype(np.float64)
    others = sigmoid(logits[:, len(manifest.labels) :].astype(np.float64))
    names = (*(label.value for label in manifest.labels), *manifest.auxiliary_labels)
    return Outputs(logits, names, np.concatenate([calibrated, others], axis=1))


def thresholds_at(model: SuiteModel, point: OperatingPoint) -> dict[str, float]:
    """The bundle's thresholds at one operating point, by category."""
    table = model.classifier.bundle.thresholds.categories
    return {label.value: table[label][point] for label in model.classifier.labels}
