"""Exporting: examples into a file, JSON lines or Parquet by its name; the file appears when it is complete."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import func, select

from models.contracts import CATEGORIES
from service.extras import how_to_install
from service.reviews.desk import Desk
from service.reviews.examples import Example
from service.reviews.tables import review_labels

_BATCH: Final = 2_000
_FLAT: Final = ("text", "weight", "source", "licence", "timestamp", "decision_id", "content_id", "content_digest")


class ExportError(ValueError):
    """The export cannot be made; the message says what to change and never quotes content."""


def count_labelled(desk: Desk, since_us: int) -> int:
    """How many decisions have labels, for progress."""
    query = select(func.count(review_labels.c.decision_id.distinct())).where(review_labels.c.at_us >= since_us)
    with desk.database.connect() as connection:
        return int(connection.execute(query).scalar_one())


def read_texts(path: Path) -> dict[str, str]:
    """Texts by `content_id`, `decision_id` or `id`, from JSON lines that have one of these and `text`.

    Raises:
        ExportError: The file cannot be read, or a line is not like that.

    """
    texts: dict[str, str] = {}
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    key, text = _joinable(line, path, number)
                    texts[key] = text
    except OSError as error:
        raise ExportError(f"{path}: cannot be read ({error.strerror})") from None
    return texts


def write_examples(found: Iterable[Example], out: Path) -> int:
    """Write all examples; returns how many.

    Raises:
        ExportError: The name says neither JSON lines nor Parquet, or what writes Parquet is not installed.

    """
    if out.suffix not in (".jsonl", ".parquet"):
        raise ExportError(f"{out}: the name ends in .jsonl or .parquet, which decides the format")
    with _replaced(out) as part:
        return _write_lines(found, part) if out.suffix == ".jsonl" else _write_parquet(found, part)


def _write_lines(found: Iterable[Example], path: Path) -> int:
    n_examples = 0
    with path.open("wb") as file:
        for example in found:
            file.write(orjson.dumps(example) + b"\n")
            n_examples += 1
    return n_examples


def _write_parquet(found: Iterable[Example], path: Path) -> int:
    """Columns: the flat fields, one of 8 bits a category (1, 0, or -1 for unknown), and all else as JSON."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise ExportError(f"Parquet needs {how_to_install('parquet')}") from None
    names = tuple(category.value for category in CATEGORIES)
    kinds = [(name, pa.float32() if name == "weight" else pa.string()) for name in _FLAT]
    schema = pa.schema([*kinds, *((name, pa.int8()) for name in names), ("provenance", pa.string())])
    n_examples, rows = 0, iter(found)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := list(islice(rows, _BATCH)):
            columns: dict[str, list[Any]] = {name: [row.get(name) for row in batch] for name in _FLAT}
            columns |= {name: [row["labels"].get(name, -1) for row in batch] for name in names}
            columns["provenance"] = [_rest(row) for row in batch]
            writer.write_table(pa.table(columns, schema=schema))
            n_examples += len(batch)
    return n_examples


def _rest(row: Example) -> str:
    rest = {name: row[name] for name in ("unsure", "disagreements")} | row["provenance"]
    return orjson.dumps(rest).decode()


@contextmanager
def _replaced(out: Path) -> Iterator[Path]:
    part = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(out)
    except OSError as error:
        raise ExportError(f"{out}: cannot be written ({error.strerror})") from None
    finally:
        part.unlink(missing_ok=True)


def _joinable(line: bytes, path: Path, number: int) -> tuple[str, str]:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        said = None
    if isinstance(said, dict) and isinstance(said.get("text"), str):
        for name in ("content_id", "decision_id", "id"):
            if isinstance(said.get(name), str):
                return said[name], said["text"]
    raise ExportError(f"{path}:{number}: a line is an object with text and one of content_id, decision_id, id")
