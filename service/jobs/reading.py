"""Reading inputs: a file to items one after the other, each with its number, whatever is wrong with its neighbours."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import orjson

from models.contracts import NO_CONTEXT, Context
from service.access.principal import OPEN, Principal
from service.access.tenancy import require_own_tenant
from service.errors import RequestError, invalid
from service.extras import how_to_install
from service.jobs.values import JobFormat
from service.wire.decisions import Item, read_decisions
from service.wire.document import read_object
from service.wire.limits import Limits

_PARQUET_COLUMNS: Final = frozenset({"id", "text", "context", "previous"})
_PARQUET_BATCH: Final = 256
MAX_ROW_GROUP_BYTES: Final = 512 * 1024 * 1024
"""Of a Parquet row group as it says itself, uncompressed: it is read as one."""
_WRAPPED: Final = (b'{"items":[', b"]}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of an input, or why it is none.

    Attributes:
        index: from 0, in the order of the file.
        item: None when the line is not an item.
        code: why not.
        message: the same in words; never quotes the line.

    """

    index: int
    item: Item | None
    code: str = ""
    message: str = ""


class LineTooLongError(ValueError):
    """A line has more bytes than an item may have."""


@dataclass(frozen=True, slots=True)
class InputReader:
    """Reads inputs under the service's limits.

    Attributes:
        limits: of items.
        max_line_bytes: of one line; a longer one is dropped, and its item fails.
        context: of items that say nothing of themselves.
        principal: for whom the items are decided.

    """

    limits: Limits
    max_line_bytes: int
    context: Context = NO_CONTEXT
    principal: Principal = OPEN

    def read(self, path: Path, kind: JobFormat) -> Iterator[Entry]:
        """Every item, in order.

        Raises:
            RequestError: The file is not of this format.
            OSError: It cannot be read.

        """
        lines = parquet_lines(path) if kind is JobFormat.PARQUET else self._jsonl_lines(path)
        for index, line in enumerate(lines):
            yield self._entry(index, line)

    def count(self, path: Path, kind: JobFormat) -> int:
        """How many items `read` will give.

        Raises:
            RequestError: The file is not of this format, or the extra that reads it is not installed.
            OSError: It cannot be read.

        """
        if kind is JobFormat.PARQUET:
            return int(open_parquet(path).metadata.num_rows)
        return sum(1 for _ in self._jsonl_lines(path))

    def _jsonl_lines(self, path: Path) -> Iterator[bytes | None]:
        with path.open("rb") as file:
            yield from lines_of(file, self.max_line_bytes)

    def _entry(self, index: int, line: bytes | None) -> Entry:
        try:
            if line is None:
                raise invalid("line_too_long", f"an item has at most {self.max_line_bytes} bytes")
            return Entry(index, self._item(line))
        except RequestError as error:
            return Entry(index, None, error.code, error.message)

    def _item(self, line: bytes) -> Item:
        read_object(line)  # one object and nothing beside it
        (item,) = read_decisions(_WRAPPED[0] + line + _WRAPPED[1], self.limits)
        item.context = with_defaults(item.context, self.context)
        require_own_tenant(self.principal, [item.context])
        return item


def lines_of(file: IO[bytes], max_bytes: int) -> Iterator[bytes | None]:
    """The lines that are not blank; None for one that is too long, which is never held in memory."""
    while line := file.readline(max_bytes + 1):
        if len(line) > max_bytes and not line.endswith(b"\n"):
            while (rest := file.readline(max_bytes)) and not rest.endswith(b"\n"):
                pass
            yield None
        elif stripped := line.strip():
            yield stripped


def with_defaults(context: Context, defaults: Context) -> Context:
    """What an item says of itself, and the defaults for what it does not say."""
    if context is NO_CONTEXT or defaults is NO_CONTEXT:
        return defaults if context is NO_CONTEXT else context
    return defaults.model_copy(update={name: getattr(context, name) for name in context.model_fields_set})


def open_parquet(path: Path) -> Any:  # noqa: ANN401 - pyarrow comes without types, and only where it is installed
    """A Parquet file with the columns of a job.

    Raises:
        RequestError: It is not one (400), or pyarrow is not installed (501).

    """
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise RequestError(501, "parquet_not_installed", f"Parquet needs {how_to_install('parquet')}") from None
    try:
        file = parquet.ParquetFile(path)
    except (arrow.ArrowException, OSError):
        raise invalid("invalid_parquet", "the input is not a Parquet file") from None
    names = set(file.schema_arrow.names)
    if "text" not in names or not names <= _PARQUET_COLUMNS:
        raise invalid(
            "invalid_parquet", "the columns are text, and if wanted id, previous and context (JSON), and no others"
        )
    text = (arrow.types.is_string, arrow.types.is_large_string)
    for field in file.schema_arrow:
        legal = (*text, arrow.types.is_integer) if field.name == "id" else text
        if not any(is_kind(field.type) for is_kind in legal):
            raise invalid("invalid_parquet", f"the column {field.name} has texts")
    groups = (file.metadata.row_group(index).total_byte_size for index in range(file.metadata.num_row_groups))
    if any(size > MAX_ROW_GROUP_BYTES for size in groups):
        raise invalid("invalid_parquet", f"a row group has at most {MAX_ROW_GROUP_BYTES} bytes uncompressed")
    return file


def parquet_lines(path: Path) -> Iterator[bytes | None]:
    """The rows of a Parquet file as lines of JSON.

    Raises:
        RequestError: As for `open_parquet`.

    """
    import pyarrow

    file = open_parquet(path)
    try:
        for batch in file.iter_batches(batch_size=_PARQUET_BATCH):
            for row in batch.to_pylist():
                yield _line(row)
    except pyarrow.ArrowException:
        raise invalid("invalid_parquet", "the Parquet file is broken") from None


def _line(row: dict[str, Any]) -> bytes:
    said = {name: value for name, value in row.items() if value is not None}
    if "id" in said:
        said["id"] = str(said["id"])
    context: str | None = said.pop("context", None)
    written = orjson.dumps(said)
    if not context:
        return written
    return written[:-1] + (b"," if said else b"") + b'"context":' + context.encode() + b"}"
