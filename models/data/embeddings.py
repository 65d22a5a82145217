"""Embeddings: encoder vectors beside the dataset, by digest, so that nobody computes them twice."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from models.data.errors import DataError

_NAME = re.compile(r"[^a-z0-9]+")


def embeddings_path(data_dir: Path, encoder: str) -> Path:
    """Where the vectors of one encoder lie; outside `examples/`, and not part of the dataset's digest."""
    return data_dir / "embeddings" / f"{_NAME.sub('-', encoder.lower()).strip('-')}.parquet"


def write_embeddings(data_dir: Path, encoder: str, digests: Sequence[str], vectors: NDArray[np.float32]) -> Path:
    """Store vectors (n, d) as float16, sorted by digest; returns the file.

    Raises:
        ValueError: one vector a digest is needed, each digest once.

    """
    if vectors.ndim != 2 or vectors.shape[0] != len(digests) or len(set(digests)) != len(digests):  # noqa: PLR2004
        raise ValueError(f"{len(digests)} digests need as many distinct ones and a matrix, got {vectors.shape}")
    order = np.argsort(np.asarray(digests))
    flat = pa.array(vectors[order].astype(np.float16).ravel())
    column = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    table = pa.table({"digest": [digests[index] for index in order], "vector": column})
    path = embeddings_path(data_dir, encoder)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")
    return path


def load_embeddings(data_dir: Path, encoder: str) -> tuple[list[str], NDArray[np.float32]]:
    """Digests and their vectors, float32 (n, d).

    Raises:
        DataError: nobody stored vectors of this encoder.

    """
    path = embeddings_path(data_dir, encoder)
    if not path.is_file():
        raise DataError(f"no embeddings of {encoder} in {data_dir}")
    table = pq.ParquetFile(path).read()
    column = table.column("vector").combine_chunks()
    vectors = column.values.to_numpy(zero_copy_only=False).reshape(len(column), -1)
    return table.column("digest").to_pylist(), vectors.astype(np.float32)
