"""Store: the dataset on disk. Partitioned Parquet, byte for byte the same from the same inputs.

examples/split=<split>/source=<set>/part-0.parquet    rows sorted by digest
features.parquet                                      document features by digest
dataset.json                                          digest of the dataset, sources, counts
CARD.md
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from models.contracts import CATEGORIES
from models.data.errors import DataError
from models.data.examples import Example, Split
from models.data.features import FEATURE_NAMES, feature_row
from models.data.labels import AUXILIARY_LABELS, LABELS, UNKNOWN
from models.data.rows import Spans

EXAMPLES: Final = "examples"
FEATURES: Final = "features.parquet"
DESCRIPTION: Final = "dataset.json"
CARD: Final = "CARD.md"

_LABEL_NAMES: Final = tuple(label.value for label in LABELS)
_SCHEMA: Final = pa.schema(
    [
        ("digest", pa.string()),
        ("text", pa.string()),
        ("group", pa.int64()),
        ("timestamp", pa.string()),
        ("weight", pa.float32()),
        ("spans", pa.list_(pa.list_(pa.int32()))),
        ("previous", pa.string()),
        *((name, pa.int8()) for name in _LABEL_NAMES),
    ]
)
COLUMNS: Final[tuple[str, ...]] = tuple(_SCHEMA.names)


@dataclass(frozen=True, slots=True)
class Placed:
    """An example with its split and the name of its duplicate group (stable between builds)."""

    example: Example
    split: Split
    group: int


@dataclass(frozen=True)
class Examples:
    """One split in memory, rows sorted by set and digest.

    Attributes:
        digests: sha256 of the text, hex.
        texts: cleaned.
        labels: int8 (n, len(CATEGORIES)), `CATEGORIES` order; 1, 0 or -1 (unknown).
        auxiliary: int8 (n, len(AUXILIARY_LABELS)).
        sources: id of the set.
        weights: float32 (n,), trust in the labels.
        spans: ranges of the characters of a text that carry the harm, the end exclusive; () for none, None for unknown.
        previous: the cleaned turn that a text answers, at most 400 characters; None where there is none.

    """

    digests: list[str]
    texts: list[str]
    labels: NDArray[np.int8]
    auxiliary: NDArray[np.int8]
    sources: list[str]
    weights: NDArray[np.float32]
    spans: list[Spans | None] = field(default_factory=list)
    previous: list[str | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)


def write_examples(data_dir: Path, placed: Iterable[Placed]) -> None:
    """Write one file a split and set."""
    parts: dict[tuple[str, str], list[Placed]] = {}
    for item in placed:
        parts.setdefault((item.split.value, item.example.source), []).append(item)
    for (split, source), items in sorted(parts.items()):
        folder = data_dir / EXAMPLES / f"split={split}" / f"source={source}"
        folder.mkdir(parents=True)
        _write_table(_table(sorted(items, key=lambda item: item.example.digest)), folder / "part-0.parquet")


def _table(items: Sequence[Placed]) -> pa.Table:
    labels = np.array([item.example.labels for item in items], dtype=np.int8)
    columns: dict[str, Any] = {
        "digest": [item.example.digest for item in items],
        "text": [item.example.text for item in items],
        "group": [item.group for item in items],
        "timestamp": [item.example.timestamp for item in items],
        "weight": [item.example.weight for item in items],
        "spans": [item.example.spans for item in items],
        "previous": [item.example.previous for item in items],
    }
    columns |= {name: labels[:, column] for column, name in enumerate(_LABEL_NAMES)}
    return pa.table(columns, schema=_SCHEMA)


def write_features(data_dir: Path, placed: Iterable[Placed]) -> None:
    """Write the document features of every example, sorted by digest."""
    texts = {item.example.digest: item.example.text for item in placed}
    digests = sorted(texts)
    rows = [feature_row(texts[digest]) for digest in digests]
    columns = {name: [row[column] for row in rows] for column, name in enumerate(FEATURE_NAMES)}
    _write_table(pa.table({"digest": digests, **columns}), data_dir / FEATURES)


def _write_table(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd", compression_level=6, version="2.6", row_group_size=65536)


def content_digest(data_dir: Path) -> str:
    """sha256 over the names and sha256 of the Parquet files, sorted by name: the digest of the dataset."""
    total = hashlib.sha256()
    files = [data_dir / FEATURES, *(data_dir / EXAMPLES).rglob("*.parquet")]
    for path in sorted(files, key=lambda path: path.relative_to(data_dir).as_posix()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(data_dir).as_posix()} {digest}\n".encode())
    return total.hexdigest()


def write_description(data_dir: Path, description: Mapping[str, object]) -> None:
    """Write `dataset.json`; `description` must not hold a `digest` of its own."""
    content = {"digest": content_digest(data_dir), **description}
    (data_dir / DESCRIPTION).write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def load_description(data_dir: Path) -> dict[str, Any]:
    """`dataset.json` as it is.

    Raises:
        DataError: there is no dataset in the folder.

    """
    path = data_dir / DESCRIPTION
    if not path.is_file():
        raise DataError(f"no dataset in {data_dir}; `weir data build` makes one")
    description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return description


def load_dataset_digest(data_dir: Path) -> str:
    """The digest of the dataset, as training, bundles and cards name it."""
    return str(load_description(data_dir)["digest"])


def load_split(data_dir: Path, split: Split, sources: Collection[str] | None = None) -> Examples:
    """Read one split, or some of its sets.

    Raises:
        DataError: there is no dataset in the folder, or nothing in it answers.

    """
    load_description(data_dir)
    folders = sorted((data_dir / EXAMPLES / f"split={split.value}").glob("source=*"))
    named = [(folder.name.removeprefix("source="), folder / "part-0.parquet") for folder in folders]
    tables = [(name, pq.ParquetFile(path).read()) for name, path in named if sources is None or name in sources]
    if not tables:
        raise DataError(f"no {split.value} examples of the sets asked for in {data_dir}")
    table = pa.concat_tables([table for _, table in tables])
    return Examples(
        digests=table.column("digest").to_pylist(),
        texts=table.column("text").to_pylist(),
        labels=_matrix(table, tuple(category.value for category in CATEGORIES)),
        auxiliary=_matrix(table, AUXILIARY_LABELS),
        sources=[name for name, part in tables for _ in range(part.num_rows)],
        weights=table.column("weight").to_numpy(),
        spans=[_spans(found) for found in _optional(table, "spans")],
        previous=_optional(table, "previous"),
    )


def _optional(table: pa.Table, name: str) -> list[Any]:
    """A column that datasets built before it existed do not have: unknown in every row."""
    return table.column(name).to_pylist() if name in table.column_names else [None] * table.num_rows


def _spans(found: Sequence[Sequence[int]] | None) -> Spans | None:
    return None if found is None else tuple((start, end) for start, end in found)


def _matrix(table: pa.Table, names: Sequence[str]) -> NDArray[np.int8]:
    unknown = np.full(table.num_rows, UNKNOWN, dtype=np.int8)
    columns = [table.column(name).to_numpy() if name in table.column_names else unknown for name in names]
    return np.stack(columns, axis=1).astype(np.int8, copy=False)


def load_features(data_dir: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Digests, and their features: float32 (n, len(FEATURE_NAMES))."""
    table = pq.read_table(data_dir / FEATURES)
    columns = [table.column(name).to_numpy().astype(np.float32) for name in FEATURE_NAMES]
    return table.column("digest").to_pylist(), np.stack(columns, axis=1)
