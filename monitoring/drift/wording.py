"""Wording: what the reference and the window hold of a thing, in a few words a person can read."""

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.coded import Coded
from monitoring.drift.failures import usual_share
from monitoring.drift.findings import Finding
from monitoring.drift.prepared import weights_of
from monitoring.drift.verdicts import Subject
from monitoring.windows.window import Window

Float64s = NDArray[np.float64]


def was_and_now(finding: Finding) -> tuple[str, str]:
    """The reference's and the window's, such as `mean 0.12` and `mean 0.31`."""
    coded, part = finding.coded, finding.part
    if finding.subject is Subject.VOLUME:
        return _volume(coded)
    if finding.subject is Subject.FAILURES:
        return _failures(coded)
    if finding.subject is not Subject.COLUMN:
        return "usual", f"{part.effect:.2f} {part.effect_name} ({part.method})"
    if part.name in ("location", "shape"):
        return _mean(coded.prepared.window, finding.name), _mean(coded.window, finding.name)
    cells = coded.cells(finding.name)
    subject = "rows" if part.name == "true" else part.name.removeprefix("value ")
    counts = cells.counts, coded.counts(finding.name)
    was, now = (_percent(part.cells, count, of_all=part.name == "missing") for count in counts)
    return f"{was} {subject}", f"{now} {subject}"


def _percent(cells: Float64s, counts: Float64s, *, of_all: bool) -> str:
    total = counts.sum() if of_all else counts[:-1].sum()
    return f"{100 * float(np.nan_to_num(cells) @ counts) / total:.3g} %" if total else "no"


def _mean(window: Window, name: str) -> str:
    values = window.frame[name].to_numpy(dtype=float)
    known = ~np.isnan(values)
    if not known.any():
        return "none"
    return f"mean {np.average(values[known], weights=weights_of(window.frame)[known]):.3g}"


def _volume(coded: Coded) -> tuple[str, str]:
    rhythm = coded.prepared.rhythm
    expected = rhythm.expected(coded.window.period) if rhythm else 0.0
    return f"about {expected:,.0f} decisions", f"{coded.window.n_decisions:,} decisions"


def _failures(coded: Coded) -> tuple[str, str]:
    totals = coded.window.totals
    items = coded.window.n_decisions + totals.n_failures
    worst = max(totals.failures, key=lambda code: totals.failures[code], default="")
    detail = f" (most: {worst})" if worst else ""
    return (
        f"{100 * usual_share(coded.prepared.window):.3g} % of items",
        f"{100 * totals.n_failures / max(items, 1):.3g} % of items{detail}",
    )
