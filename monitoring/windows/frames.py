"""Frames: decoded rows as typed columns."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import orjson
import pandas as pd
from numpy.typing import NDArray

from models.contracts import CATEGORIES
from models.contracts.records import VECTOR_SCALE, VECTOR_SIZE
from monitoring.windows.columns import COLUMNS, Kind, score_column
from monitoring.windows.decoding import Decoded, numbers
from monitoring.windows.raw import AT, RawRow
from monitoring.windows.window import Float32s

Float64s = NDArray[np.float64]

NUMBERS: Final = (
    *("n_chars", "n_tokens", "n_windows", "ascii_share", "upper_share", "digit_share", "n_urls", "n_emoji"),
    *("altered_share", "disguised_share", "n_images", "image_width", "image_height", "brightness", "n_frames"),
    *("n_text_chars", "latency_ms"),
)
"""Columns that are in the store as they are in a frame."""
_CONTEXT, _ERASED = AT["context"], AT["erased_at_us"]


def build_frame(decoded: Decoded, repeated: Float64s, weights: Float64s) -> pd.DataFrame:
    """All columns of a window.

    Args:
        decoded: the rows of the sample, in the order of time.
        repeated: whether the content of each was seen earlier in the window.
        weights: how many decisions each stands for.

    """
    said = [_context(row) for row in decoded.rows]
    given: dict[str, object] = {
        **decoded.words,
        **decoded.flags,
        **{name: numbers(decoded.rows, AT[name]) for name in NUMBERS},
        **{score_column(category): decoded.probs[:, place] for place, category in enumerate(CATEGORIES)},
        "repeated": repeated,
        "user_reports": np.array([_said(context, "user_reports", 0.0) for context in said], dtype=np.float64),
        "reach": np.array([_said(context, "reach", np.nan) for context in said], dtype=np.float64),
        "n_scored": (~np.isnan(decoded.probs)).sum(axis=1).astype(np.float64),
        "decision_id": decoded.column("decision_id"),
        "decided_at_us": decoded.at_us,
        "decider_id": decoded.column("decider_id"),
        "content_digest": decoded.column("content_digest"),
        "kind": [_word(context, "kind") for context in said],
        "locale": [_word(context, "locale") for context in said],
        "weight": weights,
    }
    return typed_frame(given, len(decoded.rows))


def typed_frame(given: Mapping[str, object], n_rows: int) -> pd.DataFrame:
    """A frame with every column of a window in its type; what is not given is missing, and every weight is 1.

    Args:
        given: values by column, as many as there are rows.
        n_rows: how many.

    """
    missing = np.full(n_rows, np.nan)
    typed: dict[str, object] = {
        "decision_id": pd.Series(given.get("decision_id", [""] * n_rows), dtype=object),
        "decided_at_us": np.asarray(given.get("decided_at_us", np.zeros(n_rows)), dtype=np.int64),
        "decider_id": _categorical(given.get("decider_id"), n_rows),
        "content_digest": pd.Series(given.get("content_digest", [""] * n_rows), dtype=object),
        "kind": _categorical(given.get("kind"), n_rows),
        "locale": _categorical(given.get("locale"), n_rows),
    }
    for column in COLUMNS:
        values = given.get(column.name)
        if column.kind is Kind.CATEGORY:
            typed[column.name] = _categorical(values, n_rows)
        else:
            width = np.float32 if column.kind is Kind.PROBABILITY else np.float64
            typed[column.name] = np.asarray(missing if values is None else values, dtype=width)
    typed["weight"] = np.asarray(given.get("weight", np.ones(n_rows)), dtype=np.float64)
    return pd.DataFrame(typed)


def read_vectors(rows: Sequence[RawRow], name: str) -> Float32s:
    """Projected embeddings. *Shape:* `(len(rows), VECTOR_SIZE)`, NaN where there is none, or one of another size."""
    place = AT[name]
    found = np.full((len(rows), VECTOR_SIZE), np.nan, np.float32)
    kept = [at for at, row in enumerate(rows) if isinstance(row[place], bytes) and len(row[place]) == VECTOR_SIZE]  # type: ignore[arg-type]
    if kept:
        joined = b"".join(rows[at][place] for at in kept)  # type: ignore[misc]
        found[kept] = np.frombuffer(joined, np.int8).reshape(-1, VECTOR_SIZE).astype(np.float32) / VECTOR_SCALE
    return found


def _categorical(values: object, n_rows: int) -> pd.Categorical:
    if isinstance(values, pd.Series | pd.Categorical) and isinstance(values.dtype, pd.CategoricalDtype):
        return pd.Categorical(values)
    return pd.Categorical([None] * n_rows if values is None else values)


def _context(row: RawRow) -> dict[str, object] | None:
    """What the caller said; None where it was erased, which is not the same as nothing."""
    text = row[_CONTEXT]
    if text is None:
        return None if row[_ERASED] is not None else {}
    try:
        parsed = orjson.loads(str(text))
    except orjson.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _said(context: dict[str, object] | None, name: str, default: float) -> float:
    value = None if context is None else context.get(name, default)
    return float(value) if isinstance(value, int | float) else float("nan")


def _word(context: dict[str, object] | None, name: str) -> str | None:
    value = None if context is None else context.get(name)
    return value if isinstance(value, str) else None
