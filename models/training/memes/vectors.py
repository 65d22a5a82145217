"""Vectors: what a model says of files or texts, computed once and kept by digest."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.training.memes.words import Report

Float32s = NDArray[np.float32]

BATCH: Final = 16
_BATCHES_A_SAVE: Final = 32


@dataclass(frozen=True)
class VectorCache:
    """A file of vectors by digest. Name the model in its path: vectors of two models must never mix.

    Attributes:
        path: an `.npz`, made when it is not there.
        stage: the name under which progress is reported.

    """

    path: Path
    stage: str

    def vectors(self, digests: Sequence[str], compute: Callable[[Sequence[int]], Float32s], report: Report) -> Float32s:
        """A vector a digest; only those that are not there yet are computed, in batches, and saved now and then.

        Args:
            digests: one or more, of what is described; duplicates are computed once.
            compute: vectors of some positions in `digests`.
            report: told after every batch.

        Returns:
            *Shape:* `(len(digests), d)`.

        """
        known = self._load()
        first = {digest: position for position, digest in reversed(list(enumerate(digests)))}
        missing = sorted(position for digest, position in first.items() if digest not in known)
        for count, start in enumerate(range(0, len(missing), BATCH), start=1):
            batch = missing[start : start + BATCH]
            known |= zip((digests[position] for position in batch), compute(batch), strict=True)
            report(self.stage, min(start + BATCH, len(missing)), len(missing))
            if count % _BATCHES_A_SAVE == 0:
                self._save(known)
        if missing:
            self._save(known)
        return np.stack([known[digest] for digest in digests]).astype(np.float32)

    def _load(self) -> dict[str, Float32s]:
        if not self.path.exists():
            return {}
        with np.load(self.path) as stored:
            return dict(zip(stored["digests"].tolist(), stored["vectors"], strict=True))

    def _save(self, known: dict[str, Float32s]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_suffix(".partial.npz")
        np.savez(scratch, digests=np.array(list(known)), vectors=np.stack(list(known.values())))
        scratch.replace(self.path)


def text_digest(text: str) -> str:
    """Sha256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
