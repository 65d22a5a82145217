"""Inspection: read every file once: its digest, size and fingerprint, or what is broken about it."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from models.data.duplicates import Progress, quiet
from models.runtime.matching.pdq import HASH_BYTES, MIN_QUALITY, pdq_dihedral

N_ORIENTATIONS: Final = 8
MIN_SIDE_PX: Final = 16
"""A smaller picture shows nothing that a person could label."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """One readable file; `hashes` holds its fingerprint in all orientations, and counts only if `matchable`."""

    digest: str
    width: int
    height: int
    hashes: NDArray[np.uint8]
    matchable: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that cannot be used, and why."""

    path: str
    reason: str


def inspect(root: Path, paths: Sequence[str], progress: Progress = quiet) -> tuple[dict[str, Inspected], list[Broken]]:
    """Inspect files relative to a folder; the broken ones are left out and listed."""
    found: dict[str, Inspected] = {}
    broken: list[Broken] = []
    for done, path in enumerate(paths):
        if done % 100 == 0:
            progress("reading pictures", done, len(paths))
        result = _inspect_one(root / path)
        if isinstance(result, str):
            broken.append(Broken(path, result))
        else:
            found[path] = result
    return found, broken


def _inspect_one(path: Path) -> Inspected | str:
    if not path.is_file():
        return "missing"
    content = path.read_bytes()
    try:
        frame = decode_rgb(content)
    except (UnidentifiedImageError, OSError, ValueError):
        return "unreadable"
    height, width = frame.shape[:2]
    if min(height, width) < MIN_SIDE_PX:
        return f"a side under {MIN_SIDE_PX} px"
    hashes = pdq_dihedral(frame)
    bits = np.frombuffer(b"".join(one.bits for one in hashes), np.uint8).reshape(N_ORIENTATIONS, HASH_BYTES)
    return Inspected(hashlib.sha256(content).hexdigest(), width, height, bits, hashes[0].quality >= MIN_QUALITY)


def decode_rgb(content: bytes) -> NDArray[np.uint8]:
    """All pixels of a trusted file of the mirror, uint8 (height, width, 3).

    Raises:
        UnidentifiedImageError: not a picture.
        OSError: it breaks off.

    """
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.uint8)
