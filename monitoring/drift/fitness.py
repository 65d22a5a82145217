"""Fitness: whether windows can be compared with a reference, and what is left out. Never a false all-clear."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from monitoring.drift.findings import FROM_MODELS, hours_of
from monitoring.drift.prepared import Prepared
from monitoring.drift.verdicts import Status, Subject
from monitoring.reference.reference import Reference
from monitoring.windows.columns import BY_NAME, COLUMNS
from monitoring.windows.window import Float32s, Window


class Sizes(Protocol):
    """How many decisions are enough."""

    @property
    def min_rows(self) -> int: ...  # noqa: D102

    @property
    def clear_rows(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Fitness:
    """What can be said at best.

    Attributes:
        status: where no change is real: clear, or undetermined.
        models: by window, whether predictions and embeddings can be compared.
        reasons: why nothing can be said, or what was left out.

    """

    status: Status
    models: tuple[bool, ...]
    reasons: tuple[str, ...]


def examine(prepared: Prepared, reference: Reference, windows: Sequence[Window], sizes: Sizes) -> Fitness:
    """Look at windows, the longest first, before they are compared."""
    models = tuple(_same_bundle(reference, window) for window in windows)
    lost = _lost(prepared, windows[0], models=models[0]) if windows[0].n_rows >= sizes.min_rows else []
    blocking = [
        *_too_few(prepared, windows[0], sizes),
        *_other_bundle(reference, windows, models, sizes.min_rows),
        *([f"nothing in the window: {', '.join(lost)}; is the store older than the reference?"] if lost else []),
    ]
    notes = [*_left_out(prepared, reference), *windows[0].notes]
    return Fitness(Status.UNDETERMINED if blocking else Status.CLEAR, models, (*blocking, *notes))


def _too_few(prepared: Prepared, window: Window, sizes: Sizes) -> Iterator[str]:
    span = f"{hours_of(window):.3g} h"
    if not window.n_decisions:
        yield f"no decisions in {span}: check that the server records and that the source is the right one"
    elif window.n_rows < sizes.clear_rows:
        yield (
            f"{window.n_decisions} decisions in {span}; "
            f"at least {sizes.clear_rows} are needed to say that nothing changed"
        )
    if prepared.window.n_rows < sizes.clear_rows:
        yield f"the reference has {prepared.window.n_rows} decisions here; build one with at least {sizes.clear_rows}"


def _same_bundle(reference: Reference, window: Window) -> bool:
    """Only the reference's bundle decided: none of its name with another digest."""
    if not window.bundles:
        return True
    name = reference.bundle.split(" ")[0]
    others = [
        d for d, bundle in window.bundles.items() if d != reference.bundle_digest and bundle.split(" ")[0] == name
    ]
    return reference.bundle_digest in window.bundles and not others


def _other_bundle(
    reference: Reference, windows: Sequence[Window], models: Sequence[bool], min_rows: int
) -> Iterator[str]:
    usable = [same for window, same in zip(windows, models, strict=True) if window.n_rows >= min_rows]
    if all(usable):
        return
    seen = ", ".join(sorted(set(windows[0].bundles.values())))
    if any(usable):
        yield (
            f"another version of {reference.bundle} decided in the longer windows ({seen}): "
            "scores were compared in the shorter ones only"
        )
        return
    yield (
        f"decided by {seen}, but the reference is of {reference.bundle}: scores and embeddings cannot be compared; "
        "build a reference for the bundle that serves (weir monitor reference build)"
    )


def _lost(prepared: Prepared, window: Window, *, models: bool) -> list[str]:
    """Columns that the reference has in most rows and the window in none, though it could."""
    gone = []
    for name, cells in prepared.cells.items():
        known = 1.0 - cells.counts[-1] / max(cells.counts.sum(), 1e-12)
        if known > 0.5 and name in BY_NAME and _is_blank(window, name):  # noqa: PLR2004 - most rows
            gone.append(name)
    for subject in prepared.spaces if models else ():
        vectors = window.text_vectors if subject is Subject.TEXT_EMBEDDING else window.image_vectors
        had = prepared.window.text_vectors if subject is Subject.TEXT_EMBEDDING else prepared.window.image_vectors
        if _known_share(had) > 0.5 and not _known_share(vectors):  # noqa: PLR2004
            gone.append(subject.value)
    return gone


def _is_blank(window: Window, name: str) -> bool:
    if name not in window.frame.columns:
        return True
    if BY_NAME[name].group in FROM_MODELS:
        return False
    values = window.frame[name]
    # The last row tells of most columns that they are not blank, at a hundredth of the cost of all.
    return not len(values) or bool(pd.isna(values.iloc[-1]) and not values.notna().any())


def _known_share(vectors: Float32s) -> float:
    known = np.isfinite(vectors).all(axis=1)
    return float(known.mean()) if len(vectors) else 0.0


def _left_out(prepared: Prepared, reference: Reference) -> Iterator[str]:
    missing = [column.name for column in COLUMNS if column.name not in prepared.cells]
    if missing:
        yield f"the reference holds nothing of these, so they were not compared: {', '.join(missing)}"
    if not reference.has_times:
        yield "the reference has no times (evaluation data): volume was not compared"
