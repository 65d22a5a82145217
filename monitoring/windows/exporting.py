"""Exporting: decisions as Parquet, for windows and reports away from the store. No content and no person is in them."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from monitoring.errors import SourceError
from monitoring.windows.database import DatabaseSource
from monitoring.windows.parquet import METADATA
from monitoring.windows.raw import RAW, RawRow
from monitoring.windows.source import Source
from monitoring.windows.window import Period

FORMAT: Final = 1
_INTEGERS: Final = frozenset({
    *("decided_at_us", "n_chars", "n_tokens", "n_windows", "n_images", "image_width", "image_height", "n_frames"),
    *("n_text_chars", "erased_at_us", "n_urls", "n_emoji"),
})  # fmt: skip
_FLOATS: Final = frozenset(
    {"ascii_share", "upper_share", "digit_share", "latency_ms", "brightness", "altered_share", "disguised_share"}
)
_FLAGS: Final = frozenset({"review", "flagged", "cached"})
_BYTES: Final = frozenset({"text_vector", "image_vector"})


def _type(name: str) -> pa.DataType:
    if name in _INTEGERS:
        return pa.int64()
    if name in _FLOATS:
        return pa.float64()
    return pa.bool_() if name in _FLAGS else pa.binary() if name in _BYTES else pa.string()


SCHEMA: Final = pa.schema([(name, _type(name)) for name in RAW])
"""The columns that monitoring reads, as the store has them."""


def export_parquet(source: Source, period: Period, out: Path, on_rows: Callable[[int], None] = lambda _: None) -> int:
    """Write the decisions of a period into one file, in the order of time.

    The footer says who decided, with the thresholds of their bundles, and what failed, so that a window read from the
    file is the one read from the store. The file appears when it is complete.

    Args:
        source: of which.
        period: which decisions.
        out: the file.
        on_rows: told how many more are written.

    Returns:
        How many there are.

    Raises:
        SourceError: the source cannot be read, or the file cannot be written.

    """
    if not out.name:
        raise SourceError(f"{out.absolute()} is a folder: name the file to write, such as decisions.parquet")
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with contextlib.ExitStack() as stack:
            stack.callback(partial.unlink, missing_ok=True)
            n_rows = _write(source, period, partial, on_rows)
            partial.replace(out)
    except OSError as error:
        raise SourceError(f"{out.absolute()} cannot be written ({error.strerror or type(error).__name__})") from error
    return n_rows


def _write(source: Source, period: Period, path: Path, on_rows: Callable[[int], None]) -> int:
    n_rows = 0
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for batch in _batches(source.rows(period)):
            writer.write_batch(batch)
            n_rows += batch.num_rows
            on_rows(batch.num_rows)
        writer.add_key_value_metadata({METADATA: _metadata(source, period)})
    return n_rows


def _batches(chunks: Iterator[list[RawRow]]) -> Iterator[pa.RecordBatch]:
    for rows in chunks:
        columns: Sequence[Sequence[object]] = list(zip(*rows, strict=True))
        arrays = [
            pa.array([None if value is None else bool(value) for value in column], pa.bool_())
            if name in _FLAGS
            else _array(column, SCHEMA.field(name).type)
            for name, column in zip(RAW, columns, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _array(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    """A column of a file; what is not of its type is missing there, as it is in a window."""
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([value if _fits(value, kind) else None for value in values], kind)


def _fits(value: object, kind: pa.DataType) -> bool:
    try:
        pa.scalar(value, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return False
    return True


def _metadata(source: Source, period: Period) -> bytes:
    deciders = [
        {
            "id": decider.id,
            "policy_name": decider.policy_name,
            "policy_version": decider.policy_version,
            "bundles": orjson.dumps([bundle.model_dump(mode="json") for bundle in decider.bundles]).decode(),
            "thresholds": orjson.dumps(decider.tables).decode(),
        }
        for decider in source.deciders().values()
    ]
    return orjson.dumps({"format": FORMAT, "deciders": deciders, "failures": _failures(source, period)})


def _failures(source: Source, period: Period) -> list[list[object]]:
    """[start of the minute, tenant, surface, code, items]s."""
    if not isinstance(source, DatabaseSource) or "item_failures" not in source.tables:
        return []
    rows = source.query(
        "SELECT at_us, tenant, surface, code, sum(n_items) FROM item_failures WHERE at_us >= ? AND at_us < ? "
        "GROUP BY at_us, tenant, surface, code ORDER BY at_us, tenant, surface, code",
        (period.start_us, period.end_us),
    )
    return [[*row[:4], int(str(row[4]))] for row in rows]
