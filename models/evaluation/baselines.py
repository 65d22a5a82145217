"""Baselines: the probabilities of simpler systems, read from files and laid beside the model's by digest.

A file `<name>-<split>.npz` holds `digests` (n strings) and `probs`, *Shape:* `(n, 16)` in the order of `CATEGORIES`,
NaN where the baseline has no head.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES


class BaselineError(Exception):
    """A baseline's file does not hold what the format says."""


def load_baselines(folder: Path | None, split: str, digests: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Every baseline that was scored on a split, by name. *Shape:* `(n, 16)` each, NaN on rows it did not see.

    Args:
        folder: None or a folder that is not there means no baselines.
        split: the ending of the file names.
        digests: *Shape:* `(n,)`, the rows wanted, in order.

    Raises:
        BaselineError: a file is malformed.

    """
    if folder is None or not folder.is_dir():
        return {}
    ending = f"-{split}.npz"
    return {path.name.removesuffix(ending): _aligned(path, digests) for path in sorted(folder.glob(f"*{ending}"))}


def _aligned(path: Path, digests: Sequence[str]) -> NDArray[np.float64]:
    try:
        with np.load(path, allow_pickle=False) as file:
            names, probs = file["digests"], file["probs"]
    except (KeyError, ValueError, OSError) as error:
        raise BaselineError(f"{path}: it needs the arrays digests and probs, without pickled objects") from error
    if probs.shape != (len(names), len(CATEGORIES)):
        raise BaselineError(f"{path}: probs has shape {probs.shape}, not one row a digest of {len(CATEGORIES)} columns")
    row_of = {str(name): row for row, name in enumerate(names)}
    rows = np.array([row_of.get(digest, -1) for digest in digests], dtype=np.int64)
    aligned = np.full((len(digests), len(CATEGORIES)), np.nan)
    aligned[rows >= 0] = probs[rows[rows >= 0]]
    return aligned
