"""Onset: about when a change began, and which rows show it, from how much each row counts for it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.coded import Coded
from monitoring.drift.embeddings import direction
from monitoring.drift.findings import Finding
from monitoring.drift.verdicts import Subject

Float64s = NDArray[np.float64]
Ints = NDArray[np.intp]

MIN_AFTER: Final = 20
"""Rows after the onset, at least."""
_EMBEDDINGS: Final = (Subject.TEXT_EMBEDDING, Subject.IMAGE_EMBEDDING)


def evidence(finding: Finding, coded: Coded) -> tuple[Ints, Float64s, float]:
    """Rows that know of the thing, how much each counts for the change, and the reference's mean of that."""
    if finding.subject in _EMBEDDINGS:
        rows, white = coded.white(finding.subject)
        inner_rows, inner = finding.coded.white(finding.subject)
        towards = inner.T @ finding.coded.weights[inner_rows]
        return rows, np.asarray(white @ (towards / max(float(np.linalg.norm(towards)), 1e-12))), 0.0
    if not len(finding.part.cells):
        return np.zeros(0, dtype=np.intp), np.zeros(0), 0.0
    scores = finding.part.cells[coded.codes(finding.name)]
    rows = np.flatnonzero(~np.isnan(scores))
    counts = coded.cells(finding.name).counts
    known = ~np.isnan(finding.part.cells)
    return rows, scores[rows], float(finding.part.cells[known] @ counts[known] / max(counts[known].sum(), 1e-12))


def since(finding: Finding, longest: Coded) -> datetime | None:
    """When it began: the split of the longest window after which it differs most from the reference.

    The likelihood of a change of the mean at a known level before it. None where no row can tell, or where it is older
    than the window.

    Source: Page 1954, "Continuous inspection schemes"; Hinkley 1970, "Inference about the change-point".
    """
    rows, scores, usual = evidence(finding, longest)
    if len(rows) < MIN_AFTER:
        return None
    after = np.cumsum((scores - usual)[::-1])[::-1] ** 2 / np.arange(len(rows), 0, -1)
    first = int(np.argmax(after[: len(rows) - MIN_AFTER + 1]))
    if first == 0:
        return None
    moment = float(longest.window.frame["decided_at_us"].to_numpy()[rows[first]])
    return datetime.fromtimestamp(moment / 1e6, UTC)


def exhibits(finding: Finding, n: int) -> tuple[str, ...]:
    """Decisions that show it best: what is much likelier in the window than in the reference; no content twice."""
    frame = finding.coded.window.frame
    if "decision_id" not in frame.columns:
        return ()
    weigh: Callable[[Finding], tuple[Ints, Float64s]] = _outlying if finding.subject in _EMBEDDINGS else _more_likely
    rows, weights = weigh(finding)
    order = rows[np.argsort(-weights, kind="stable")]
    chosen = frame.iloc[order[: 10 * n]]
    if "content_digest" in frame.columns:
        chosen = chosen.drop_duplicates("content_digest")
    return tuple(str(decision) for decision in chosen["decision_id"].head(n))


def _outlying(finding: Finding) -> tuple[Ints, Float64s]:
    rows, white = finding.coded.white(finding.subject)
    return rows, direction(white, finding.coded.weights[rows])


def _more_likely(finding: Finding) -> tuple[Ints, Float64s]:
    """Rows in cells that hold a larger share than they did; latest first among equals."""
    if not len(finding.part.cells):
        return np.zeros(0, dtype=np.intp), np.zeros(0)
    was, now = finding.coded.cells(finding.name).counts, finding.coded.counts(finding.name)
    ratio = (now + 0.5) / (now.sum() + 1.0) / ((was + 0.5) / (was.sum() + 1.0))
    towards = _towards(finding)
    codes = finding.coded.codes(finding.name)
    rows = np.flatnonzero((ratio[codes] > 1.0) & towards[codes])[::-1]
    return rows, np.log(ratio[codes[rows]])


def _towards(finding: Finding) -> NDArray[np.bool_]:
    """Cells on the side that the change went to."""
    cells = np.nan_to_num(finding.part.cells, nan=-1.0)
    middle = 0.5
    return np.asarray((cells > middle) if finding.part.direction != "down" else (cells <= middle) & (cells >= 0))
