"""Folds: every row scored by models that saw neither it nor a near duplicate of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from models.training.fusion import FusionInputs, joined
from models.training.memes.inputs import MemeRows, OrdinaryRows
from models.training.memes.systems import Bools, Fit, Fitted, Floats
from models.training.memes.words import Report

N_FOLDS = 5
"""At least as many as there are worlds of ordinary posts: fold and world of one number are left out together."""


@dataclass(frozen=True)
class TrainingRows:
    """Rows to fit to. `groups` are distinct for memes and ordinary posts."""

    inputs: FusionInputs
    harmful: Bools
    very_harmful: Bools


@dataclass(frozen=True)
class HeldOutScores:
    """Logits of rows that no fitted model saw, by system.

    Attributes:
        fold: of each meme. *Shape:* `(n,)`.
        read: of memes with the words that the reader found. *Shape:* `(n,)` each.
        transcribed: of memes with the words that people wrote down. *Shape:* `(n,)` each.
        ordinary: of ordinary posts, by models that saw nothing of their world. *Shape:* `(m,)` each.
        other_subject: of memes, by models that saw only memes on the other subject. *Shape:* `(n,)` each.

    """

    fold: NDArray[np.int64]
    read: Mapping[str, Floats]
    transcribed: Mapping[str, Floats]
    ordinary: Mapping[str, Floats]
    other_subject: Mapping[str, Floats]


def cross_fitted(
    memes: MemeRows, ordinary: OrdinaryRows, systems: Mapping[str, Fit], seed: int, report: Report
) -> HeldOutScores:
    """Fit every system without each fold, and score that fold.

    Args:
        memes: what is measured.
        ordinary: further negatives; each fold leaves one world out.
        systems: by name.
        seed: of folds and fits.
        report: told after every fit.

    """
    folds = meme_folds(memes, seed)
    parts: dict[str, dict[str, Floats]] = {
        name: {system: np.empty(n) for system in systems}
        for name, n in (("read", len(folds)), ("transcribed", len(folds)), ("ordinary", len(ordinary.world)))
    }
    for done, (fold, name) in enumerate((fold, name) for fold in range(N_FOLDS) for name in systems):
        inside, beside = folds == fold, ordinary.world == fold
        rows = training_rows(memes, np.flatnonzero(~inside), ordinary, np.flatnonzero(~beside))
        fitted = _fitted(systems[name], rows, seed)
        parts["read"][name][inside] = fitted(memes.read.rows(np.flatnonzero(inside)))
        parts["transcribed"][name][inside] = fitted(memes.transcribed.rows(np.flatnonzero(inside)))
        if beside.any():
            parts["ordinary"][name][beside] = fitted(ordinary.inputs.rows(np.flatnonzero(beside)))
        report("cross-fit", done + 1, N_FOLDS * len(systems))
    return HeldOutScores(folds, **parts, other_subject=other_subject(memes, ordinary, systems, seed, report))


def other_subject(
    memes: MemeRows, ordinary: OrdinaryRows, systems: Mapping[str, Fit], seed: int, report: Report
) -> Mapping[str, Floats]:
    """Logits of memes on politics by models that saw none, and the other way round. *Shape:* `(n,)` each."""
    found = {name: np.empty(len(memes.groups)) for name in systems}
    everything = np.arange(len(ordinary.world))
    for done, (subject, name) in enumerate((subject, name) for subject in (False, True) for name in systems):
        measured = memes.politics == subject
        seen = ~measured & ~np.isin(memes.groups, memes.groups[measured])
        fitted = _fitted(systems[name], training_rows(memes, np.flatnonzero(seen), ordinary, everything), seed)
        found[name][measured] = fitted(memes.read.rows(np.flatnonzero(measured)))
        report("leave a subject out", done + 1, 2 * len(systems))
    return found


def training_rows(
    memes: MemeRows, chosen: NDArray[np.integer], ordinary: OrdinaryRows, ordinary_chosen: NDArray[np.integer]
) -> TrainingRows:
    """Every chosen meme twice, with read and with transcribed words, and ordinary posts."""
    none = np.zeros(len(ordinary_chosen), dtype=np.bool_)
    return TrainingRows(
        inputs=joined([memes.read.rows(chosen), memes.transcribed.rows(chosen), ordinary.inputs.rows(ordinary_chosen)]),
        harmful=np.concatenate([memes.harmful[chosen], memes.harmful[chosen], none]),
        very_harmful=np.concatenate([memes.very_harmful[chosen], memes.very_harmful[chosen], none]),
    )


def meme_folds(memes: MemeRows, seed: int) -> NDArray[np.int64]:
    """The fold of each meme; near duplicates share one, and harm is spread evenly. *Shape:* `(n,)`."""
    folds = np.empty(len(memes.groups), dtype=np.int64)
    for fold, held_out in enumerate(_splits(memes, seed)):
        folds[held_out] = fold
    return folds


def _splits(memes: MemeRows, seed: int) -> Iterator[NDArray[np.int64]]:
    splitter = StratifiedGroupKFold(n_splits=N_FOLDS, shuffle=True, random_state=seed)
    for _, held_out in splitter.split(memes.harmful, memes.harmful, memes.groups):
        yield held_out


def _fitted(fit: Fit, rows: TrainingRows, seed: int) -> Fitted:
    return fit(rows.inputs, rows.harmful, rows.very_harmful, seed)
