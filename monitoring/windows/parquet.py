"""Exported decisions as a source: a Parquet file, or a folder of files whose periods do not overlap."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError
from sqlalchemy import Engine

from monitoring.drift.verdicts import Slice
from monitoring.errors import SourceError
from monitoring.windows.deciders import Decider, read_deciders
from monitoring.windows.raw import ABSENT, MINIMUM, RAW, RawRow, missing_note
from monitoring.windows.source import ALL, CHUNK, FAILURE_PARTS
from monitoring.windows.window import Period

METADATA: Final = b"weir"
"""Key of the footer's metadata: JSON with `format`, `deciders` and `failures`."""


class _Footer(BaseModel):
    """What an export writes of what is not a column."""

    deciders: tuple[dict[str, str | None], ...] = ()
    failures: tuple[tuple[int, str, str, str, int], ...] = ()


@dataclass(frozen=True)
class ParquetFile:
    """One file.

    Attributes:
        period: from its first decision to just after its last.
        columns: that it has of those that are read.
        deciders: rows of that table.
        failures: [start of the minute, tenant, surface, code, items]s.

    """

    path: Path
    period: Period
    columns: tuple[str, ...]
    deciders: Sequence[Mapping[str, str | None]]
    failures: Sequence[tuple[int, str, str, str, int]]


@dataclass(frozen=True)
class ParquetSource:
    """Reads exported files, in the order of time."""

    name: str
    files: tuple[ParquetFile, ...]
    notes: tuple[str, ...]

    @property
    def database(self) -> Engine | None:
        """There is none: only decisions were exported."""
        return None

    def span(self) -> Period | None:
        """From the first decision to just after the last."""
        whole = Period(self.files[0].period.start_us, self.files[-1].period.end_us)
        return whole if whole.start_us < whole.end_us else None

    def rows(self, period: Period) -> Iterator[list[RawRow]]:
        """Decisions in the order of time and id."""
        for file in self.files:
            if file.period.start_us < period.end_us and period.start_us < file.period.end_us:
                yield from _file_rows(file, period)

    def deciders(self) -> dict[str, Decider]:
        """Everyone who decided, by id."""
        return read_deciders(row for file in self.files for row in file.deciders)

    def failures(self, period: Period, part: Slice = ALL) -> dict[str, int]:
        """Items without a decision, by code."""
        if part.column not in {None, *FAILURE_PARTS}:
            return {}
        found: dict[str, int] = {}
        for at_us, tenant, surface, code, count in (entry for file in self.files for entry in file.failures):
            value = {"tenant": tenant, "surface": surface, None: None}[part.column]
            if period.start_us <= at_us < period.end_us and value == part.value:
                found[code] = found.get(code, 0) + count
        return dict(sorted(found.items()))


def open_parquet(path: Path) -> ParquetSource:
    """Open a file, or all `*.parquet` of a folder.

    Raises:
        SourceError: there are none, one is damaged or holds no decisions, or two overlap in time.

    """
    paths = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not paths:
        raise SourceError(f"{path.absolute()} holds no *.parquet: weir monitor export writes them")
    files = sorted((_open(one) for one in paths), key=lambda file: file.period.start_us)
    with_rows = [file for file in files if file.period.start_us < file.period.end_us]
    for one, other in itertools.pairwise(with_rows):
        if other.period.start_us < one.period.end_us:
            raise SourceError(
                f"{one.path.name} and {other.path.name} overlap in time, so decisions might count twice: "
                "keep one of them, or export periods that do not overlap"
            )
    missing = [name for name in RAW if not all(name in file.columns for file in files)]
    return ParquetSource(
        str(path.absolute()), tuple(with_rows or files[:1]), (missing_note(missing),) if missing else ()
    )


def _open(path: Path) -> ParquetFile:
    with reading(path):
        file = pq.ParquetFile(path)
        metadata = file.metadata.metadata or {}
        columns = tuple(name for name in RAW if name in file.schema_arrow.names)
        if lacking := [name for name in MINIMUM if name not in columns]:
            raise SourceError(f"{path} has no column {', '.join(lacking)}: it holds no exported decisions")
        said = _said(metadata.get(METADATA, b"{}"))
        times = file.read(["decided_at_us"]).column(0)
        if times.type != pa.int64() or times.null_count:
            raise ValueError("times are whole microseconds, one a decision")
        found = pc.min_max(times).as_py()
        period = Period(found["min"], found["max"] + 1) if found["min"] is not None else Period(0, 0)
        return ParquetFile(path, period, columns, said.deciders, said.failures)


def _said(footer: bytes) -> _Footer:
    """What the footer says of who decided and of what failed."""
    try:
        return _Footer.model_validate_json(footer)
    except ValidationError:
        raise ValueError("a footer of another kind") from None  # without what is in it


def _file_rows(file: ParquetFile, period: Period) -> Iterator[list[RawRow]]:
    with reading(file.path):
        last = (0, "")
        for batch in pq.ParquetFile(file.path).iter_batches(CHUNK, columns=list(file.columns)):
            times = batch.column("decided_at_us")
            inside = pc.and_(pc.greater_equal(times, period.start_us), pc.less(times, period.end_us))
            chosen = batch.filter(inside)
            if not chosen.num_rows:
                continue
            rows = _rows(chosen)
            for row in rows:
                if (row[1], row[0]) <= last:
                    raise SourceError(f"{file.path} is not in the order of time: export it again")
                last = (row[1], row[0])  # type: ignore[assignment]
            yield rows


def _rows(batch: pa.RecordBatch) -> list[RawRow]:
    names = set(batch.schema.names)
    columns = (batch.column(name).to_pylist() if name in names else [ABSENT.get(name)] * batch.num_rows for name in RAW)
    return list(zip(*columns, strict=True))


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Errors of a file as one sentence.

    Raises:
        SourceError: with what to do.

    """
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path} is damaged, or no Parquet file ({type(error).__name__}): export it again") from error
