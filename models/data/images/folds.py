"""Folds: which sources to hold out together, so that results are about sources that training has never seen.

A fold holds out one source (or family) of positives and a few sources of negatives. Numbers of a random split are a
mirage for pictures: sets differ in compression, framing and watermarks, and a classifier learns the set.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.data.examples import Split
from models.data.images.labels import PictureLabel
from models.data.images.pictures import Kind
from models.data.images.store import FOLDS, Pictures
from models.data.labels import NO, UNKNOWN, YES

MIN_POSITIVES: Final = 20
"""A family with fewer photographs of the thing measures nothing."""

MAX_STRAY_POSITIVES: Final = 0.05
"""Share of positives up to which a source counts as one of negatives: ImageNet has a torch."""

_SERVED: Final = (PictureLabel.WEAPONS, PictureLabel.FIRE, PictureLabel.TEXT)
_RENDERED: Final = "rendered"
_HARD: Final = {
    PictureLabel.WEAPONS: ("rendered/bars", "rendered/tools"),
    PictureLabel.FIRE: ("rendered/sky", "rendered/lamps", "rendered/fog", "rendered/leaves"),
    PictureLabel.TEXT: ("rendered/gradient", "rendered/noise"),
}
_N_NEGATIVES: Final = 2
_STRIDE: Final = 3

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fold:
    """What one fold holds out; names are `source` or `source/family`.

    Attributes:
        name: of the fold: label and held-out positives.
        label: that the fold measures.
        positives: held-out sources of positives.
        negatives: held-out sources of negatives.

    """

    name: str
    label: PictureLabel
    positives: tuple[str, ...]
    negatives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoldMasks:
    """Rows of a fold, bool (n,) each: for training, validation and calibration, and the unseen ones to report on."""

    train: Mask
    validation: Mask
    calibration: Mask
    test: Mask


def plan(pictures: Pictures) -> list[Fold]:
    """One fold a source, and a family where a source has several, for every label that is served or gates."""
    return [fold for label in _SERVED for fold in _plan_label(pictures, label)]


def _plan_label(pictures: Pictures, label: PictureLabel) -> list[Fold]:
    negatives = _negative_sources(pictures, label)
    hard = _HARD[label]
    folds = []
    for index, held in enumerate(_positive_names(pictures, label)):
        chosen = {negatives[(index + step * _STRIDE) % len(negatives)] for step in range(_N_NEGATIVES) if negatives}
        folds.append(Fold(f"{label}:{held}", label, (held,), (*sorted(chosen), hard[index % len(hard)])))
    return folds


def _positive_names(pictures: Pictures, label: PictureLabel) -> list[str]:
    """Sources with enough positives, and their families where a source has more than one of them."""
    rows = _reportable(pictures) & (pictures.column(label) == YES) & (pictures.sources != _RENDERED)
    sources = Counter(pictures.sources[rows].tolist())
    pairs = Counter(zip(pictures.sources[rows].tolist(), pictures.families[rows].tolist(), strict=True))
    large = [(source, family) for (source, family), n in sorted(pairs.items()) if n >= MIN_POSITIVES]
    several = Counter(source for source, _ in large)
    whole = [source for source, n in sorted(sources.items()) if n >= MIN_POSITIVES and len(sources) > 1]
    return whole + [f"{source}/{family}" for source, family in large if several[source] > 1]


def _negative_sources(pictures: Pictures, label: PictureLabel) -> list[str]:
    """Sources of photographs with enough known negatives, that are no source of positives of a served category."""
    photographs = pictures.kinds == Kind.PHOTO
    negatives = Counter(pictures.sources[photographs & (pictures.column(label) == NO)].tolist())
    harmful = (pictures.column(PictureLabel.WEAPONS) == YES) | (pictures.column(PictureLabel.FIRE) == YES)
    positives = Counter(pictures.sources[photographs & harmful].tolist())
    return sorted(
        name for name, n in negatives.items() if n >= MIN_POSITIVES and positives[name] < MAX_STRAY_POSITIVES * n
    )


def _reportable(pictures: Pictures) -> Mask:
    """Photographs and memes as they came; crops and drawings only train."""
    return np.isin(pictures.kinds, [Kind.PHOTO.value, Kind.MEME.value])


def masks(pictures: Pictures, fold: Fold) -> FoldMasks:
    """The rows of a fold. Whatever shares a group with a held-out row is in no part of the fold but its test."""
    held = _named(pictures, (*fold.positives, *fold.negatives))
    free = ~held & ~np.isin(pictures.groups, pictures.groups[held])
    drawn = pictures.sources == _RENDERED
    known = pictures.column(fold.label) != UNKNOWN
    return FoldMasks(
        train=free & (pictures.splits == Split.TRAIN),
        validation=free & (pictures.splits == Split.VALIDATION),
        calibration=free & (pictures.splits == Split.CALIBRATION),
        test=held & known & (_reportable(pictures) | drawn),
    )


def _named(pictures: Pictures, names: Sequence[str]) -> Mask:
    both = np.char.add(np.char.add(pictures.sources, "/"), pictures.families)
    return np.isin(pictures.sources, names) | np.isin(both, names)


def write_folds(folder: Path, folds: Sequence[Fold]) -> None:
    """Write the plan."""
    (folder / FOLDS).write_text(json.dumps([asdict(fold) for fold in folds], indent=1) + "\n", encoding="utf-8")


def load_folds(folder: Path) -> list[Fold]:
    """The plan of a build."""
    return [
        Fold(row["name"], PictureLabel(row["label"]), tuple(row["positives"]), tuple(row["negatives"]))
        for row in json.loads((folder / FOLDS).read_text(encoding="utf-8"))
    ]
