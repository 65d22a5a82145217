"""Gathering: one window grows, chunk by chunk."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from monitoring.drift.verdicts import Slice
from monitoring.errors import SourceError
from monitoring.windows.columns import BY_NAME, Kind
from monitoring.windows.deciders import Deciders
from monitoring.windows.decoding import N_STRATA, Decoded, decode, strata
from monitoring.windows.frames import build_frame, read_vectors
from monitoring.windows.raw import AT, RawRow
from monitoring.windows.sampling import Sample, sampling_keys
from monitoring.windows.seen import Seen
from monitoring.windows.tallies import Tally
from monitoring.windows.window import Period, Window

_DIGEST = AT["content_digest"]


class Looked(NamedTuple):
    """A row of the sample with what only its window knows of it."""

    row: RawRow
    repeated: float


class Gathering:
    """One window in the making."""

    def __init__(self, period: Period, part: Slice, max_rows: int) -> None:
        check_slice(part)
        self.period = period
        self._part = part
        self._seen = Seen()
        self._tally = Tally()
        self._sample: Sample[Looked] = Sample(max_rows, N_STRATA)

    def add(self, decoded: Decoded, keys: np.ndarray, members: np.ndarray) -> None:
        """Take of a chunk what falls into the period and the slice.

        Args:
            decoded: in the order of time.
            keys: of its rows, from `sampling_keys`.
            members: to which strata they belong.

        """
        first, last = np.searchsorted(decoded.at_us, [self.period.start_us, self.period.end_us]).tolist()
        if first == last:
            return
        repeated = self._seen.add([row[_DIGEST] for row in decoded.rows[first:last]])
        chosen = np.arange(first, last)[self._is_in(decoded, first, last)]
        repeated = repeated[chosen - first]
        self._tally.add(decoded, chosen, repeated)
        self._sample.offer(
            keys[chosen], members[chosen], lambda place: Looked(decoded.rows[chosen[place]], float(repeated[place]))
        )

    def finish(self, deciders: Deciders, failures: Mapping[str, int], notes: Sequence[str]) -> Window:
        """The window."""
        kept = self._sample.finish()
        decoded = decode([one.row for one in kept.items], deciders)
        totals = self._tally.totals(failures)
        bundles = {
            digest: name
            for decider_id in totals.deciders
            if decider_id in deciders
            for digest, name in deciders[decider_id].names.items()
        }
        repeated = np.array([one.repeated for one in kept.items], dtype=np.float64)
        return Window(
            period=self.period,
            n_decisions=self._tally.n_decisions,
            frame=build_frame(decoded, repeated, kept.weights),
            text_vectors=read_vectors(decoded.rows, "text_vector"),
            image_vectors=read_vectors(decoded.rows, "image_vector"),
            totals=totals,
            bundles=bundles,
            notes=(*notes, *_unreadable(self._tally.n_unreadable)),
        )

    def _is_in(self, decoded: Decoded, first: int, last: int) -> np.ndarray:
        column, value = self._part.column, self._part.value
        if column is None:
            return np.ones(last - first, dtype=np.bool_)
        return np.array([word == value for word in decoded.words[column][first:last]], dtype=np.bool_)


def check_slice(part: Slice) -> None:
    """Hold a slice against the columns.

    Raises:
        SourceError: there is no such column, or it is not of words.

    """
    column = BY_NAME.get(part.column or "")
    if part.column is not None and (column is None or column.kind is not Kind.CATEGORY):
        known = ", ".join(sorted(name for name, one in BY_NAME.items() if one.kind is Kind.CATEGORY))
        raise SourceError(f"no slices by {part.column}: choose one of {known}")


def gather(gatherings: Sequence[Gathering], rows: Sequence[RawRow], deciders: Deciders, seed: int) -> None:
    """Give a chunk of rows, in the order of time, to all windows that are in the making."""
    decoded = decode(rows, deciders)
    keys = sampling_keys(decoded.column("decision_id"), seed)
    members = strata(decoded)
    for gathering in gatherings:
        gathering.add(decoded, keys, members)


def _unreadable(count: int) -> list[str]:
    return [f"the scores of {count:,} decisions cannot be read; they are missing here"] if count else []
