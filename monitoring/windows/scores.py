"""Scores: from JSON by category to a matrix of probabilities, and how far each came past its operating points."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import orjson
import pandas as pd
from numpy.typing import NDArray

from monitoring.windows.deciders import N_CATEGORIES, POSITIONS, Decider, Deciders
from monitoring.windows.raw import AT, RawRow

Float64s = NDArray[np.float64]
Int8s = NDArray[np.int8]

UNKNOWN: Final = -1
"""Instead of a severity: not scored, or the thresholds are not known."""
WORST: Final = 6
_KNOWN_CONTENT: Final = "known_content"
_SCORES, _DECIDER, _SIGNALS, _SOURCES = AT["scores"], AT["decider_id"], AT["signals"], AT["sources"]


def read_probs(texts: Sequence[object]) -> tuple[Float64s, int]:
    """Probabilities by category.

    One call of the parser for all of them: ten million texts one by one would take three times as long.

    Args:
        texts: JSON objects, probability by category; categories that Weir does not know are left out.

    Returns:
        *Shape:* `(len(texts), N_CATEGORIES)`, NaN where a category was not scored; and how many texts could not be
        read, whose row is NaN throughout.

    """
    try:
        parsed = orjson.loads(f"[{','.join(texts)}]")  # type: ignore[arg-type]
        probs = _matrix(parsed)
    except (TypeError, ValueError, AttributeError):
        return _one_by_one(texts)
    return (probs, 0) if len(probs) == len(texts) else _one_by_one(texts)


def read_scores(text: object) -> dict[str, float] | None:
    """Probabilities of one decision by category, as `read_probs` takes them; None where they cannot be read."""
    try:
        parsed = orjson.loads(str(text))
        _matrix([parsed])
    except (TypeError, ValueError, AttributeError):
        return None
    return {name: prob for name, prob in parsed.items() if prob is not None}


def read_severities(probs: Float64s, rows: Sequence[RawRow], deciders: Deciders) -> Int8s:
    """How far each probability came past the operating points of the bundle that gave it: 0, 2, 4, 6, or `UNKNOWN`.

    The definition is that of the service (`service/policy/severity.py`; a test compares them): 0 below the recall
    point, 2 from it on, 4 from the balanced point on, 6 from the precision point on. Where several parts of an item
    were scored, the highest severity counts, and known content has the highest.

    Args:
        probs: *Shape:* `(n, N_CATEGORIES)`.
        rows: of the same decisions.
        deciders: by id.

    """
    found = np.full(probs.shape, UNKNOWN, np.int8)
    codes, ids = pd.factorize(np.array([row[_DECIDER] for row in rows], dtype=object))
    for code, decider_id in enumerate(ids):
        points = _text_points(deciders.get(str(decider_id)))
        if points is not None:
            members = codes == code
            found[members] = severities(probs[members], points)
    for place, row in enumerate(rows):
        if row[_SIGNALS] is not None:
            found[place] = _of_parts(row, deciders.get(str(row[_DECIDER])))
        if row[_SOURCES] is not None and _KNOWN_CONTENT in str(row[_SOURCES]):
            found[place, _known(row)] = WORST
    return found


def severities(probs: Float64s, points: Float64s) -> Int8s:
    """Severity of probabilities by rising thresholds. *Shape:* `(n, k)` and `(k, 3)` to `(n, k)`."""
    passed = (probs[:, :, None] >= points[None]).sum(axis=2, dtype=np.int8) * np.int8(2)
    is_known = ~(np.isnan(probs) | np.isnan(points[:, 0])[None])
    return np.where(is_known, passed, np.int8(UNKNOWN)).astype(np.int8)


def _text_points(decider: Decider | None) -> Float64s | None:
    return None if decider is None else decider.text_points


def _of_parts(row: RawRow, decider: Decider | None) -> Int8s:
    """The highest severity a category over everything that scored an item. *Shape:* `(N_CATEGORIES,)`."""
    worst = np.full(N_CATEGORIES, UNKNOWN, np.int8)
    if decider is None:
        return worst
    for digest, _, probs in _signals(row):
        labels = [POSITIONS.get(label) for label in decider.tables.get(digest, ())]
        if len(labels) != len(probs):
            continue
        given = np.full((1, N_CATEGORIES), np.nan)
        for place, prob in zip(labels, probs, strict=True):
            if place is not None:
                given[0, place] = prob
        worst = np.maximum(worst, severities(given, decider.points[digest])[0])
    return worst


def _signals(row: RawRow) -> list[tuple[str, str, list[float]]]:
    try:
        parsed = orjson.loads(str(row[_SIGNALS]))
        return [(str(digest), str(source), [float(prob) for prob in probs]) for digest, source, probs in parsed]
    except (ValueError, TypeError):
        return []


def _known(row: RawRow) -> list[int]:
    try:
        sources = orjson.loads(str(row[_SOURCES]))
    except ValueError:
        return []
    found = sources.items() if isinstance(sources, dict) else ()
    return [POSITIONS[name] for name, source in found if source == _KNOWN_CONTENT and name in POSITIONS]


def _matrix(parsed: Sequence[dict[str, float]]) -> Float64s:
    """Rows of equal keys at once: there are few sets of keys, one for each set of bundles that scored."""
    probs = np.full((len(parsed), N_CATEGORIES), np.nan)
    by_keys: dict[tuple[str, ...], list[int]] = {}
    for place, entry in enumerate(parsed):
        by_keys.setdefault(tuple(entry.keys()), []).append(place)
    for keys, places in by_keys.items():
        values = np.array([list(parsed[place].values()) for place in places], dtype=np.float64)
        columns = [position for position, key in enumerate(keys) if key in POSITIONS]
        if columns:
            targets = [POSITIONS[keys[position]] for position in columns]
            probs[np.ix_(places, targets)] = values[:, columns]
    if ((probs < 0) | (probs > 1)).any():
        raise ValueError("a probability is not in [0, 1]")
    return probs


def _one_by_one(texts: Iterable[object]) -> tuple[Float64s, int]:
    found, n_unreadable = [], 0
    for text in texts:
        try:
            found.append(_matrix([orjson.loads(str(text))]))
        except (TypeError, ValueError, AttributeError):
            found.append(np.full((1, N_CATEGORIES), np.nan))
            n_unreadable += 1
    return np.concatenate(found) if found else np.empty((0, N_CATEGORIES)), n_unreadable
