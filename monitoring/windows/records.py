"""Records: windows from decisions that are in memory, for references, simulations and tests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from monitoring.windows.deciders import Decider, Deciders
from monitoring.windows.decoding import COUNTED, decode
from monitoring.windows.frames import build_frame, read_vectors
from monitoring.windows.raw import AT, RAW, RawRow, RawValue
from monitoring.windows.seen import repeated_in
from monitoring.windows.tallies import Tally
from monitoring.windows.window import HOUR_US, Period, Totals, Window

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


def _span(at_us: np.ndarray) -> Period:
    return Period(int(at_us.min()), int(at_us.max()) + 1) if len(at_us) else Period(0, 0)
