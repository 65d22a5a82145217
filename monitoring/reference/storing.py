"""Storing: a reference as a folder, `reference.json` and `rows.parquet`. Read back, its contents must have its id.

reference.json    what it is: id, bundle, origin, period, totals, noise
rows.parquet      the rows; embeddings in one byte a dimension; no content, no ids
"""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from models.contracts.records import VECTOR_SCALE, VECTOR_SIZE
from monitoring.errors import ReferenceWindowError
from monitoring.home import Home
from monitoring.reference.building import identify
from monitoring.reference.reference import Reference
from monitoring.windows.columns import BY_NAME, Kind
from monitoring.windows.window import Float32s, Period, Totals, Window

FORMAT: Final = 1
DESCRIPTION: Final = "reference.json"
ROWS: Final = "rows.parquet"
FOLDER: Final = "reference"
"""In the folder of a bundle: the one that it shipped with."""
_VECTORS: Final = ("text_vector", "image_vector")


def save_reference(reference: Reference, folder: Path) -> None:
    """Write it; the description last, so that half a reference is none."""
    folder.mkdir(parents=True, exist_ok=True)
    window = reference.window
    table = pa.Table.from_pandas(window.frame.drop(columns="decision_id"), preserve_index=False)
    for name, vectors in zip(_VECTORS, (window.text_vectors, window.image_vectors), strict=True):
        table = table.append_column(name, _pack(vectors))
    table = table.replace_schema_metadata(None)
    numbers = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    pq.write_table(
        table,
        folder / ROWS,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in table.column_names if name not in {*numbers, *_VECTORS, "decided_at_us"}],
        use_byte_stream_split=numbers,
    )
    text = json.dumps(_describe(reference), indent=1, sort_keys=True) + "\n"
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")


def load_reference(folder: Path) -> Reference:
    """Read one and check that it is what it says.

    Raises:
        ReferenceWindowError: there is none, it is damaged, or a later version wrote it.

    """
    description = _read_description(folder)
    try:
        window = _window(description, pq.read_table(folder / ROWS))
        reference = Reference(
            id=str(description["id"]),
            bundle_digest=str(description["bundle_digest"]),
            bundle=str(description["bundle"]),
            created_at=datetime.fromisoformat(description["created_at"]),
            origin=str(description["origin"]),
            window=window,
            noise={str(key): float(value) for key, value in description["noise"].items()},
            by_length={str(key): float(value) for key, value in description.get("by_length", {}).items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
        raise ReferenceWindowError(
            f"{folder}: the reference is damaged ({type(error).__name__}); build it again"
        ) from error
    if identify(window, reference.bundle_digest, reference.origin) != reference.id:
        raise ReferenceWindowError(f"{folder}: the reference's contents do not have its id; build it again")
    return reference


def list_references(home: Home, bundles: Path | None = None) -> list[tuple[Path, dict[str, Any]]]:
    """Folders and descriptions of all references at hand, the newest first; those of bundles after those of home."""
    own = sorted(_described(home.references), key=lambda pair: str(pair[1].get("created_at")), reverse=True)
    shipped = _described(bundles, FOLDER) if bundles is not None else []
    return [*own, *shipped]


def find_reference(bundle_digest: str, home: Home, bundles: Path | None = None) -> Reference:
    """The newest reference of this bundle that was built here, else the one that the bundle shipped with.

    Args:
        bundle_digest: of the text bundle that decides.
        home: with the references that were built here.
        bundles: folder of bundles.

    Raises:
        ReferenceWindowError: there is none, or it is damaged.

    """
    for folder, description in list_references(home, bundles):
        if description.get("bundle_digest") == bundle_digest:
            return load_reference(folder)
    raise ReferenceWindowError(
        f"no reference for the bundle {bundle_digest[:12]}: build one from a quiet period "
        "(weir monitor reference build --from ... --to ...)"
    )


def _described(folder: Path, below: str = "") -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for path in sorted(folder.glob(f"*/{below}/{DESCRIPTION}" if below else f"*/{DESCRIPTION}")):
        try:
            found.append((path.parent, _read_description(path.parent)))
        except ReferenceWindowError:
            # A half-written or foreign one must not hide the others; loading it by name says what is wrong.
            continue
    return found


def _read_description(folder: Path) -> dict[str, Any]:
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReferenceWindowError(f"{folder}: no reference here ({DESCRIPTION} is missing)") from error
    except (OSError, ValueError) as error:
        raise ReferenceWindowError(f"{folder}: {DESCRIPTION} is damaged; build the reference again") from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise ReferenceWindowError(f"{folder}: not a reference of format {FORMAT}; build it again with this version")
    return description


def _describe(reference: Reference) -> dict[str, Any]:
    window = reference.window
    totals = asdict(window.totals)
    totals["by_hour"] = {str(hour): n for hour, n in window.totals.by_hour.items()}
    return {
        "format": FORMAT,
        "id": reference.id,
        "bundle_digest": reference.bundle_digest,
        "bundle": reference.bundle,
        "created_at": reference.created_at.isoformat(),
        "origin": reference.origin,
        "start_us": window.period.start_us,
        "end_us": window.period.end_us,
        "n_decisions": window.n_decisions,
        "n_rows": window.n_rows,
        "totals": totals,
        "bundles": dict(window.bundles),
        "notes": list(window.notes),
        "noise": dict(reference.noise),
        "by_length": dict(reference.by_length),
    }


def _window(description: dict[str, Any], table: pa.Table) -> Window:
    text, image = (_unpack(table.column(name)) for name in _VECTORS)
    frame = table.drop_columns(list(_VECTORS)).to_pandas()
    for name in frame.columns:
        if name in BY_NAME and BY_NAME[name].kind is Kind.CATEGORY:
            frame[name] = frame[name].astype("category")
    frame.insert(0, "decision_id", pd.Series([str(row) for row in range(len(frame))], dtype=object))
    totals = description["totals"]
    return Window(
        period=Period(int(description["start_us"]), int(description["end_us"])),
        n_decisions=int(description["n_decisions"]),
        frame=frame,
        text_vectors=text,
        image_vectors=image,
        totals=Totals(
            counts=totals["counts"],
            by_hour={int(hour): int(n) for hour, n in totals["by_hour"].items()},
            failures=totals["failures"],
            deciders=totals["deciders"],
        ),
        bundles=description["bundles"],
        notes=tuple(description["notes"]),
    )


def _pack(vectors: Float32s) -> pa.Array:
    packed = np.rint(np.nan_to_num(vectors) * VECTOR_SCALE).astype(np.int8)
    known = np.isfinite(vectors).all(axis=1) & (vectors.shape[1] == VECTOR_SIZE)
    values = [packed[row].tobytes() if is_known else None for row, is_known in enumerate(known.tolist())]
    return pa.array(values, type=pa.binary(VECTOR_SIZE))


def _unpack(column: pa.ChunkedArray) -> Float32s:
    vectors = np.full((len(column), VECTOR_SIZE), np.nan, np.float32)
    for row, value in enumerate(column.to_pylist()):
        if value is not None:
            vectors[row] = np.frombuffer(value, np.int8)
    scaled: Float32s = (vectors / np.float32(VECTOR_SCALE)).astype(np.float32)
    return scaled
