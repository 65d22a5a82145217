"""Document: all that a report says, as one value; its JSON file is this."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import pandas as pd

from models.contracts.base import Value
from monitoring.drift.verdicts import Change, DriftVerdict
from monitoring.reference.reference import Reference
from monitoring.reports.evidently import Distance
from monitoring.reports.reliability import Reliability, measure_reliability
from monitoring.reports.slices import SliceComparison, compare_slices
from monitoring.safety.metric import Metric
from monitoring.windows.window import Window


class ReferenceSummary(Value):
    """What the window was compared with."""

    id: str
    bundle: str
    bundle_digest: str
    origin: str
    created_at: datetime
    n_decisions: int


class WindowSummary(Value):
    """What was looked at.

    Attributes:
        n_rows: of the sample that distributions are measured on.
        failures: items without a decision, by code.
        bundles: names of those that decided, by digest.

    """

    start: datetime
    end: datetime
    n_decisions: int
    n_rows: int
    failures: Mapping[str, int]
    bundles: Mapping[str, str]
    notes: tuple[str, ...]


class ReportDocument(Value):
    """One report.

    Attributes:
        verdict: over all traffic.
        slice_verdicts: of its parts, those that were looked at by themselves.
        distances: of every column by its named method, as Evidently measures them; they say how far, the verdict says
            whether it is more than chance.
        left_out: columns without enough values to compare.
        reliability: of scores, by category, where reviewers have given enough labels.
        quality, safety: the numbers of the period; those that cannot be measured say why.

    """

    format: Literal[1] = 1
    verdict: DriftVerdict
    slice_verdicts: tuple[DriftVerdict, ...] = ()
    reference: ReferenceSummary | None
    window: WindowSummary
    distances: tuple[Distance, ...] = ()
    left_out: tuple[str, ...] = ()
    slices: tuple[SliceComparison, ...] = ()
    reliability: tuple[Reliability, ...] = ()
    quality: tuple[Metric, ...] = ()
    safety: tuple[Metric, ...] = ()

    @property
    def real(self) -> tuple[Change, ...]:
        """What changed: in all traffic first, then in its parts."""
        return tuple(change for verdict in (self.verdict, *self.slice_verdicts) for change in verdict.real)

    @property
    def tests(self) -> tuple[Change, ...]:
        """All tests, in the same order."""
        return tuple(change for verdict in (self.verdict, *self.slice_verdicts) for change in verdict.changes)


def describe(
    verdict: DriftVerdict,
    reference: Reference | None,
    window: Window,
    labels: pd.DataFrame | None = None,
    **measured: tuple[object, ...],
) -> ReportDocument:
    """Put a report together.

    Args:
        verdict: of the check.
        reference: that it compared with; None where there is none.
        window: that it looked at.
        labels: of reviewers in the period.
        measured: `slice_verdicts`, `distances`, `left_out`, `quality` and `safety` of `ReportDocument`.

    """
    return ReportDocument(
        verdict=verdict,
        reference=None if reference is None else _summarise_reference(reference),
        window=_summarise_window(window),
        slices=compare_slices(None if reference is None else reference.window, window),
        reliability=() if labels is None else measure_reliability(labels),
        **measured,
    )


def _summarise_reference(reference: Reference) -> ReferenceSummary:
    return ReferenceSummary(
        id=reference.id,
        bundle=reference.bundle,
        bundle_digest=reference.bundle_digest,
        origin=reference.origin,
        created_at=reference.created_at,
        n_decisions=reference.window.n_decisions,
    )


def _summarise_window(window: Window) -> WindowSummary:
    return WindowSummary(
        start=window.period.start,
        end=window.period.end,
        n_decisions=window.n_decisions,
        n_rows=window.n_rows,
        failures=dict(window.totals.failures),
        bundles=dict(window.bundles),
        notes=window.notes,
    )
