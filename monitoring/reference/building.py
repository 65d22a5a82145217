"""Building: a window becomes a reference: reduced to what is compared, identified, and asked how steady it is."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pandas as pd

from models.contracts.records import VECTOR_SCALE
from monitoring.errors import ReferenceWindowError
from monitoring.reference.lengths import measure_lengths
from monitoring.reference.noise import measure_noise
from monitoring.reference.reference import Reference
from monitoring.windows.columns import COLUMNS, Kind
from monitoring.windows.window import Float32s, Window

MIN_ROWS: Final = 500
"""Decisions that a reference needs at least."""
MAX_ROWS: Final = 50_000
"""Rows that it keeps; more make it no sharper than the windows that it is compared with."""
_SEED: Final = 11


def build_reference(
    window: Window, bundle_digest: str, bundle: str, origin: str, *, created_at: datetime | None = None
) -> Reference:
    """Freeze a window.

    Args:
        window: decisions that are taken as usual.
        bundle_digest: of the text bundle that scored them.
        bundle: its name and version.
        origin: where they come from, in words.
        created_at: now, unless a build has to be repeatable.

    Raises:
        ReferenceWindowError: there are too few decisions.

    """
    if window.n_rows < MIN_ROWS:
        raise ReferenceWindowError(
            f"{window.n_rows} decisions; a reference needs at least {MIN_ROWS}: choose a longer period"
        )
    frozen, lengths = freeze(window), measure_lengths(window)
    return Reference(
        id=identify(frozen, bundle_digest, origin),
        bundle_digest=bundle_digest,
        bundle=bundle,
        created_at=created_at or datetime.now(UTC),
        origin=origin,
        window=frozen,
        noise=measure_noise(frozen) | dict(lengths.noise),
        by_length=lengths.ratios,
    )


def freeze(window: Window) -> Window:
    """Keep what is compared and nothing that names an item: no decision ids, no digests of content.

    Numbers are rounded to 32 bits and embeddings to the byte they were recorded in, so that what is read back later is
    what was identified.
    """
    kept = _thin(window)
    frame = pd.DataFrame({"decision_id": [str(row) for row in range(kept.n_rows)]})
    for name in ("decided_at_us", "weight"):
        if name in kept.frame.columns:
            frame[name] = kept.frame[name].to_numpy()
    for column in COLUMNS:
        if column.name in kept.frame.columns:
            values = kept.frame[column.name].reset_index(drop=True)
            frame[column.name] = _words(values) if column.kind is Kind.CATEGORY else values.astype(np.float32)
    text, image = quantize(kept.text_vectors, len(frame)), quantize(kept.image_vectors, len(frame))
    return replace(kept, frame=frame, text_vectors=text, image_vectors=image)


def quantize(vectors: Float32s, n_rows: int) -> Float32s:
    """Embeddings to the nearest value of a byte; rows of NaN stay so. *Shape:* `(n_rows, dimensions)`."""
    if not len(vectors):
        return np.full((n_rows, vectors.shape[1] if vectors.ndim > 1 else 0), np.nan, np.float32)
    rounded: Float32s = (np.clip(np.rint(vectors * VECTOR_SCALE), -127, 127) / VECTOR_SCALE).astype(np.float32)
    return rounded


def identify(window: Window, bundle_digest: str, origin: str) -> str:
    """Digest of a frozen window's contents, hex: the same on every machine."""
    digest = hashlib.blake2b(digest_size=16)
    head = [bundle_digest, origin, window.period.start_us, window.period.end_us, window.n_decisions]
    digest.update(json.dumps([*head, list(window.frame.columns)]).encode())
    totals = [dict(window.totals.failures), {str(hour): n for hour, n in window.totals.by_hour.items()}]
    digest.update(json.dumps(totals, sort_keys=True).encode())
    for name in window.frame.columns:
        values = window.frame[name]
        if values.dtype == object or isinstance(values.dtype, pd.CategoricalDtype):
            digest.update(json.dumps([None if pd.isna(value) else str(value) for value in values]).encode())
        else:
            # One bit pattern for every NaN.
            numbers = values.to_numpy(dtype=np.float64, copy=True)
            numbers[np.isnan(numbers)] = np.nan
            digest.update(numbers.tobytes())
    for vectors in (window.text_vectors, window.image_vectors):
        known = np.isfinite(vectors).all(axis=1) if vectors.size else np.zeros(len(vectors), dtype=bool)
        digest.update(np.flatnonzero(known).astype(np.int64).tobytes())
        digest.update(np.rint(vectors[known] * VECTOR_SCALE).astype(np.int8).tobytes())
    return digest.hexdigest()


def _words(values: "pd.Series[str]") -> "pd.Series[str]":
    """Categories in the order of their names, so that equal contents are equal."""
    words = values.astype("object").where(values.notna(), None)
    return words.astype(pd.CategoricalDtype(sorted({str(word) for word in words if word is not None})))


def _thin(window: Window) -> Window:
    """At most `MAX_ROWS` rows, drawn evenly in the order of time; each stands for more decisions then."""
    if window.n_rows <= MAX_ROWS:
        return window
    rows = np.sort(np.random.default_rng(_SEED).choice(window.n_rows, MAX_ROWS, replace=False))
    frame = window.frame.iloc[rows].reset_index(drop=True)
    frame["weight"] = frame["weight"] * (window.n_rows / MAX_ROWS) if "weight" in frame else window.n_rows / MAX_ROWS
    vectors = [v[rows] if len(v) else v for v in (window.text_vectors, window.image_vectors)]
    return replace(window, frame=frame, text_vectors=vectors[0], image_vectors=vectors[1])
