"""Store: the picture set on disk: one table, the rendered files, the folds and a report. Same inputs, same bytes.

pictures.parquet     one row a photograph, meme, crop or rendered picture, sorted by id
rendered/            the files our own code drew
folds.json           leave-one-source-out plan
report.json          digest, counts, problems
CARD.md
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from models.data.errors import DataError
from models.data.examples import Split
from models.data.images.labels import PICTURE_LABELS, REGION_KINDS, PictureLabel
from models.data.images.pictures import Kind, Picture, PictureBox
from models.data.labels import UNKNOWN

PICTURES: Final = "pictures.parquet"
RENDERED_FOLDER: Final = "rendered"
FOLDS: Final = "folds.json"
REPORT: Final = "report.json"
CARD: Final = "CARD.md"

_CROP: Final = ("crop_x0", "crop_y0", "crop_x1", "crop_y1")
_REGIONS: Final = tuple(f"region_{kind.value}" for kind in REGION_KINDS)
_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "path", "digest", "source", "family")),
        ("group", pa.int64()),
        ("split", pa.string()),
        ("kind", pa.string()),
        *((name, pa.float32()) for name in _CROP),
        *((label.value, pa.int8()) for label in PICTURE_LABELS),
        *((name, pa.int8()) for name in _REGIONS),
        ("boxes", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("licence", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class PlacedPicture:
    """A picture with the digest of its file, its split and the name of its group (both stable between builds)."""

    picture: Picture
    digest: str
    split: Split
    group: int


Strings = NDArray[np.str_]


@dataclass(frozen=True)
class Pictures:
    """The table in memory, rows sorted by id; every column has shape (n,) but where said otherwise.

    Attributes:
        ids: stable between builds.
        paths: relative to the image mirror, or to the build folder where `kinds` is "rendered".
        digests: sha256 of the file, hex.
        sources, families: set, and sub-source inside it.
        groups: int64; pictures of one group are never in two splits.
        splits: values of `Split`.
        kinds: values of `Kind`.
        crops: float32 (n, 4): left, top, right, bottom as fractions of the file's picture.
        labels: int8 (n, len(PICTURE_LABELS)); 1, 0 or -1 (unknown).
        regions: int8 (n, len(REGION_KINDS)); 1 boxes of this kind are complete, 0 none is there, -1 unknown.
        boxes: of each row, as fractions of the row's own picture (after its crop).
        widths, heights: int32, of the file, in pixels.
        licences: as the sets give them.

    """

    ids: Strings
    paths: Strings
    digests: Strings
    sources: Strings
    families: Strings
    groups: NDArray[np.int64]
    splits: Strings
    kinds: Strings
    crops: NDArray[np.float32]
    labels: NDArray[np.int8]
    regions: NDArray[np.int8]
    boxes: list[tuple[PictureBox, ...]]
    widths: NDArray[np.int32]
    heights: NDArray[np.int32]
    licences: Strings

    def __len__(self) -> int:
        return len(self.ids)

    def column(self, label: PictureLabel) -> NDArray[np.int8]:
        """One column of the label matrix, int8 (n,)."""
        values: NDArray[np.int8] = self.labels[:, PICTURE_LABELS.index(label)]
        return values

    def file(self, index: int, mirror: Path, folder: Path) -> Path:
        """Where the file of a row lies, given the image mirror (`image_root`) and the folder of the build."""
        return (folder if self.kinds[index] == Kind.RENDERED else mirror) / str(self.paths[index])


def write_pictures(folder: Path, placed: Sequence[PlacedPicture]) -> None:
    """Write the table."""
    rows = sorted(placed, key=lambda row: row.picture.id)
    pictures = [row.picture for row in rows]
    columns: dict[str, Any] = {name: [getattr(one, name) for one in pictures] for name in _PLAIN}
    columns |= {
        "digest": [row.digest for row in rows],
        "group": [row.group for row in rows],
        "split": [row.split.value for row in rows],
        "kind": [one.kind.value for one in pictures],
        "boxes": [_boxes_json(one) for one in pictures],
    }
    columns |= {name: [one.crop[side] for one in pictures] for side, name in enumerate(_CROP)}
    columns |= {label.value: [one.labels[column] for one in pictures] for column, label in enumerate(PICTURE_LABELS)}
    columns |= {
        name: [one.regions.get(kind, UNKNOWN) for one in pictures]
        for name, kind in zip(_REGIONS, REGION_KINDS, strict=True)
    }
    pq.write_table(pa.table(columns, schema=_SCHEMA), folder / PICTURES, compression="zstd", version="2.6")


_PLAIN: Final = ("id", "path", "source", "family", "width", "height", "licence")


def _boxes_json(picture: Picture) -> str:
    return json.dumps([[box.name, *box.rect] for box in picture.boxes], separators=(",", ":"))


def load_pictures(folder: Path) -> Pictures:
    """Read the table of a build.

    Raises:
        DataError: there is no picture set in the folder.

    """
    path = folder / PICTURES
    if not path.is_file():
        raise DataError(f"no picture set in {folder}; `weir data build-images` makes one")
    table = pq.ParquetFile(path).read()
    return Pictures(
        **{attribute: _strings(table, name) for attribute, name in _STRING_COLUMNS.items()},
        groups=table.column("group").to_numpy(),
        crops=_matrix(table, _CROP, np.float32),
        labels=_matrix(table, tuple(label.value for label in PICTURE_LABELS), np.int8),
        regions=_matrix(table, _REGIONS, np.int8),
        boxes=[_boxes(cell) for cell in table.column("boxes").to_pylist()],
        widths=table.column("width").to_numpy(),
        heights=table.column("height").to_numpy(),
    )


_STRING_COLUMNS: Final = {
    "ids": "id",
    "paths": "path",
    "digests": "digest",
    "sources": "source",
    "families": "family",
    "splits": "split",
    "kinds": "kind",
    "licences": "licence",
}


def _strings(table: pa.Table, name: str) -> Strings:
    return np.array(table.column(name).to_pylist(), dtype=np.str_)


def _matrix(table: pa.Table, names: Sequence[str], dtype: type[Any]) -> NDArray[Any]:
    return np.stack([table.column(name).to_numpy() for name in names], axis=1).astype(dtype, copy=False)


def _boxes(cell: str) -> tuple[PictureBox, ...]:
    return tuple(PictureBox(name, (x0, y0, x1, y1)) for name, x0, y0, x1, y1 in json.loads(cell))


def content_digest(folder: Path) -> str:
    """sha256 over the names and sha256 of the table, the folds and the rendered files: the digest of the set.

    The table holds the digest of every file of the mirror, so those are covered too.
    """
    total = hashlib.sha256()
    files = [folder / PICTURES, folder / FOLDS, *(folder / RENDERED_FOLDER).glob("*.jpg")]
    for path in sorted(files, key=lambda path: path.relative_to(folder).as_posix()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {digest}\n".encode())
    return total.hexdigest()


def load_report(folder: Path) -> dict[str, Any]:
    """`report.json` as it is; its `digest` names the set in training runs and cards.

    Raises:
        DataError: there is no picture set in the folder.

    """
    path = folder / REPORT
    if not path.is_file():
        raise DataError(f"no picture set in {folder}; `weir data build-images` makes one")
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report
