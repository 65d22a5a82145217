"""Records: windows from decisions that are in memory, for references, simulations and tests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from monitoring.drift.verdicts import Slice
from monitoring.windows.deciders import Decider, Deciders
from monitoring.windows.decoding import COUNTED, decode
from monitoring.windows.frames import build_frame, read_vectors
from monitoring.windows.raw import AT, RAW, RawRow, RawValue
from monitoring.windows.seen import repeated_in
from monitoring.windows.source import ALL
from monitoring.windows.tallies import Tally
from monitoring.windows.window import HOUR_US, Float32s, Period, Totals, Window

NO_FAILURES: Final[Mapping[str, int]] = {}
NO_DECIDERS: Final[Mapping[str, Decider]] = {}
_TIME: Final = AT["decided_at_us"]


def window_from_records(
    records: Iterable[Mapping[str, RawValue]],
    *,
    period: Period | None = None,
    deciders: Deciders = NO_DECIDERS,
    failures: Mapping[str, int] = NO_FAILURES,
    notes: Sequence[str] = (),
) -> Window:
    """A window of all these decisions, as if they had been read from a store.

    Args:
        records: by columns of the table `decisions` (`monitoring.windows.raw.RAW`), values as the store has them:
            `scores` and `context` as JSON, vectors as bytes. What is not given is missing.
        period: of the window; by default from the first to just after the last.
        deciders: who decided, by id (`monitoring.windows.deciders.read_deciders`); without them no severity is known.
        failures: items that got no decision, by code.
        notes: what a reader has to know.

    """
    rows: list[RawRow] = [tuple(record.get(name) for name in RAW) for record in records]
    rows.sort(key=lambda row: (row[_TIME], row[0]))
    decoded = decode(rows, deciders)
    repeated = repeated_in(decoded.column("content_digest"))
    tally = Tally()
    tally.add(decoded, np.arange(len(rows)), repeated)
    totals = tally.totals(failures)
    known = [deciders[name] for name in totals.deciders if name in deciders]
    return Window(
        period=period or _span(decoded.at_us),
        n_decisions=len(rows),
        frame=build_frame(decoded, repeated, np.ones(len(rows))),
        text_vectors=read_vectors(rows, "text_vector"),
        image_vectors=read_vectors(rows, "image_vector"),
        totals=totals,
        bundles={digest: name for decider in known for digest, name in decider.names.items()},
        notes=tuple(notes),
    )


def window_from_frame(
    frame: pd.DataFrame,
    text_vectors: Float32s,
    image_vectors: Float32s,
    *,
    period: Period | None = None,
    failures: Mapping[str, int] = NO_FAILURES,
    bundles: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> Window:
    """A window of columns that are in memory, in the order of time.

    Args:
        frame: typed, such as from `monitoring.windows.frames.typed_frame`.
        text_vectors: of its rows.
        image_vectors: of its rows.
        period: of the window; by default from the first row to just after the last.
        failures: items that got no decision, by code.
        bundles: names of those that decided, by digest.
        notes: what a reader has to know.

    """
    at_us = frame["decided_at_us"].to_numpy()
    weights = frame["weight"].to_numpy()
    return Window(
        period=period or _span(at_us),
        n_decisions=round(float(weights.sum())),
        frame=frame,
        text_vectors=text_vectors,
        image_vectors=image_vectors,
        totals=count_frame(frame, failures),
        bundles=dict(bundles or {}),
        notes=tuple(notes),
    )


def select_rows(window: Window, chosen: np.ndarray, *, period: Period | None = None, part: Slice = ALL) -> Window:
    """A part of a window's sample as a window of its own; its counts are estimated by the weights of its rows.

    Args:
        window: of which.
        chosen: mask or positions of rows, in the order of time.
        period: of the part; the window's by default.
        part: what the part is, if it is a slice: then the window's failures, which are of all, are not its own.

    """
    is_everything = part.column is None and period is None
    return window_from_frame(
        window.frame[chosen].reset_index(drop=True) if chosen.dtype == np.bool_ else _taken(window.frame, chosen),
        window.text_vectors[chosen],
        window.image_vectors[chosen],
        period=period or window.period,
        failures=window.totals.failures if is_everything else NO_FAILURES,
        bundles=window.bundles,
        notes=window.notes,
    )


def count_frame(frame: pd.DataFrame, failures: Mapping[str, int] = NO_FAILURES) -> Totals:
    """Counts by the weights of rows."""
    weights = frame["weight"].to_numpy()
    hours, places = np.unique(frame["decided_at_us"].to_numpy() // HOUR_US, return_inverse=True)
    by_hour = np.bincount(places, weights, minlength=len(hours))
    return Totals(
        counts={column.name: _counts(frame[column.name], weights) for column in COUNTED},
        by_hour={int(hour) * HOUR_US: round(float(n)) for hour, n in zip(hours, by_hour, strict=True)},
        failures=dict(failures),
        deciders=_counts(frame["decider_id"], weights),
    )


def _counts(values: pd.Series, weights: np.ndarray) -> dict[str, int]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, names = values.cat.codes.to_numpy(), [str(name) for name in values.cat.categories]
    else:
        numbers = values.to_numpy()
        codes, names = np.where(np.isnan(numbers), -1, numbers).astype(int), ["false", "true"]
    known = codes >= 0
    sums = np.bincount(codes[known], weights[known], minlength=len(names))
    return {name: round(float(n)) for name, n in zip(names, sums, strict=True) if n > 0}


def _taken(frame: pd.DataFrame, positions: np.ndarray) -> pd.DataFrame:
    return frame.take(positions).reset_index(drop=True)


def _span(at_us: np.ndarray) -> Period:
    return Period(int(at_us.min()), int(at_us.max()) + 1) if len(at_us) else Period(0, 0)
