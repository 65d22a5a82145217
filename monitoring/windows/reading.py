"""Reading: windows from a source, any number of them in one pass, in memory that does not grow with the traffic."""

from collections.abc import Sequence
from typing import Final

from monitoring.drift.verdicts import Slice
from monitoring.windows.gathering import Gathering, gather
from monitoring.windows.raw import AT
from monitoring.windows.source import ALL, FAILURE_PARTS, Source
from monitoring.windows.window import Period, Window

MAX_ROWS: Final = 50_000
_DECIDER: Final = AT["decider_id"]


def read_window(
    source: Source, period: Period, *, max_rows: int = MAX_ROWS, part: Slice = ALL, seed: int = 0
) -> Window:
    """The decisions of a period.

    Args:
        source: from `open_source`.
        period: which ones.
        max_rows: rows of the sample; all decisions are counted, see `Totals`.
        part: only this part of the traffic.
        seed: of the sample; the same gives the same rows.

    Raises:
        SourceError: the source cannot be read, or has no such slices.

    """
    return read_windows(source, [period], max_rows=max_rows, part=part, seed=seed)[0]


def read_windows(
    source: Source, periods: Sequence[Period], *, max_rows: int = MAX_ROWS, part: Slice = ALL, seed: int = 0
) -> list[Window]:
    """The decisions of several periods, which may overlap: each decision is read once.

    Args:
        source: from `open_source`.
        periods: which ones.
        max_rows: rows of each sample.
        part: only this part of the traffic.
        seed: of the samples.

    Returns:
        One window a period, in their order.

    Raises:
        SourceError: the source cannot be read, or has no such slices.

    """
    gatherings = [Gathering(period, part, max_rows) for period in periods]
    deciders = source.deciders()
    for joined in join_periods(periods):
        for rows in source.rows(joined):
            if not {row[_DECIDER] for row in rows} <= deciders.keys():  # a policy was activated meanwhile
                deciders = source.deciders()
            gather(gatherings, rows, deciders, seed)
    return [
        one.finish(deciders, source.failures(one.period, part), [*source.notes, *_no_failures(part)])
        for one in gatherings
    ]


def join_periods(periods: Sequence[Period]) -> list[Period]:
    """Periods without overlap that cover the same time, in order."""
    joined: list[Period] = []
    for period in sorted(periods, key=lambda one: (one.start_us, one.end_us)):
        if joined and period.start_us <= joined[-1].end_us:
            joined[-1] = Period(joined[-1].start_us, max(joined[-1].end_us, period.end_us))
        elif period.start_us < period.end_us:
            joined.append(period)
    return joined


def _no_failures(part: Slice) -> list[str]:
    if part.column in {None, *FAILURE_PARTS}:
        return []
    return [f"items without a decision are not counted by {part.column}"]
