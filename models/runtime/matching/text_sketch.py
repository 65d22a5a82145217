"""Text sketches: near-duplicate texts, found by comparing 128 small numbers.

A text becomes the set of its runs of four characters, written in lower case and without blanks and punctuation, so that
neither shouting nor `s p a c i n g` makes it another text. The sketch holds, for each of 128 permutations, the
smallest value that any run takes; two sketches agree in a place with the probability that the sets share a run (their
Jaccard similarity). Runs of characters, not of words: one typo spoils four runs but three words in a row, which
leaves nothing of a short text (`docs/known-content.md` has the numbers).

Below 20 characters a single letter decides what a text says, so those only match their own spelling.

Source: Broder (1997), "On the resemblance and containment of documents"; Dietzfelbinger et al. (1997), "A Reliable
Randomized Algorithm for the Closest-Pair Problem" (multiply and shift); Leskovec, Rajaraman & Ullman, "Mining of
Massive Datasets", section 3.4 (bands).
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.runtime.matching.buckets import Buckets, Rows, Words
from models.runtime.matching.hit import Hit

Sketch = NDArray[np.uint64]
Hashes = NDArray[np.uint64]

N_PERMUTATIONS: Final = 128
MIN_CHARS: Final = 20
"""Shorter texts, counted without blanks and punctuation, match only themselves."""
SHINGLE_CHARS: Final = 4
MAX_SHINGLES: Final = 4096
"""Distinct runs a sketch is made of; of more, those with the smallest hashes, which two alike texts share."""
MIN_SIMILARITY: Final = 0.7
"""Of pairs of different posts 1.5 in a million reach it, templates and quotations. Source: `docs/known-content.md`."""

_N_BANDS: Final = 32
"""Bands of 4 values: a pair of similarity s shares one with probability `1 - (1 - s**4)**32`, 0.9998 at 0.7."""
_NOT_SAID = re.compile(r"[\x00-\x2f\x3a-\x60\x7b-\xbf\s\u2000-\u206f\u3000-\u303f]+")
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_POLYNOMIAL: Final = np.uint64(0x100000001B3)


def sketch_text(text: str) -> Sketch:
    """The sketch of a normalised text, the same in every process and on every machine. *Shape:* `(128,)`."""
    hashes = _shingles(text)
    factors, terms = _mixed(0), _mixed(N_PERMUTATIONS)
    permuted = ((factors | np.uint64(1))[:, np.newaxis] * hashes + terms[:, np.newaxis]) >> np.uint64(32)
    smallest: Sketch = permuted.min(axis=1)
    return smallest


def similarity(left: Sketch, right: Sketch) -> float:
    """Estimated Jaccard similarity, in [0, 1]; its standard error is at most 0.045."""
    return float(np.count_nonzero(left == right)) / N_PERMUTATIONS


class SketchIndex:
    """Sketches under keys. A key may have several, and a search answers the nearest of them.

    A million sketches take about 400 MB. Do not change it while another thread searches.

    Args:
        min_similarity: what counts as the same text, in [0.5, 1]. Lower than that, bands would miss pairs.

    Raises:
        ValueError: the similarity is out of range.

    """

    def __init__(self, min_similarity: float = MIN_SIMILARITY) -> None:
        if not 0.5 <= min_similarity <= 1.0:  # noqa: PLR2004
            raise ValueError(f"min_similarity is {min_similarity}; it must be from 0.5 to 1")
        self._max_distance = 1.0 - min_similarity
        self._buckets = Buckets(N_PERMUTATIONS, _N_BANDS, _bands)

    def __len__(self) -> int:
        """Number of sketches."""
        return len(self._buckets)

    @property
    def n_bytes(self) -> int:
        """Memory taken, in bytes."""
        return self._buckets.n_bytes

    def add(self, key: int, sketch: Sketch) -> None:
        """Add one sketch.

        Raises:
            ValueError: it does not have 128 numbers.

        """
        self.add_many([key], sketch[np.newaxis])

    def add_many(self, keys: Sequence[int] | NDArray[np.int64], sketches: NDArray[np.uint64]) -> None:
        """Add many sketches at once. *Shape:* `(n,)` and `(n, 128)`.

        Raises:
            ValueError: the shapes are others.

        """
        self._buckets.add(np.asarray(keys, dtype=np.int64), _rows(sketches, len(keys)))

    def remove(self, key: int) -> None:
        """Forget every sketch of a key.

        Raises:
            KeyError: it has none.

        """
        self._buckets.remove(key)

    def search(self, sketch: Sketch, max_distance: float | None = None) -> list[Hit]:
        """Every key with a sketch near enough, nearest first; a distance is `1 - estimated similarity`.

        Args:
            sketch: *Shape:* `(128,)`.
            max_distance: instead of `1 - min_similarity`; at most 0.5 finds what it says.

        Raises:
            ValueError: it is not a sketch.

        """
        own = _rows(sketch[np.newaxis], 1)
        limit = self._max_distance if max_distance is None else max_distance
        return self._buckets.search(_bands(own).T, lambda rows: _distances(rows, own), limit)


def _distances(rows: Rows, own: Rows) -> NDArray[np.float32]:
    agreeing = np.count_nonzero(rows == own, axis=1)
    distances: NDArray[np.float32] = (1.0 - agreeing / N_PERMUTATIONS).astype(np.float32)
    return distances


def _rows(sketches: NDArray[np.uint64], n_rows: int) -> Rows:
    """The low halves: two different values agree in them once in 65,536, which no threshold notices."""
    if sketches.shape != (n_rows, N_PERMUTATIONS):
        raise ValueError(f"sketches have shape {sketches.shape}; expected ({n_rows}, {N_PERMUTATIONS})")
    return sketches.astype(np.uint16)


def _bands(rows: Rows) -> Words:
    """One 16-bit hash a band. *Shape:* `(n, 128)` to `(n, 32)`."""
    values = np.ascontiguousarray(rows).view(np.uint64)
    return (_mix(values) >> np.uint64(48)).astype(np.uint16)


def _shingles(text: str) -> Hashes:
    """Hashes of the distinct runs of four characters; one hash of all of it for a short text."""
    said = _NOT_SAID.sub("", text.lower())
    if len(said) < MIN_CHARS:
        whole = hashlib.blake2b((said or text).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return np.frombuffer(whole, dtype="<u8").astype(np.uint64)
    codes = np.frombuffer(said.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    n_runs = len(codes) - SHINGLE_CHARS + 1
    hashes = np.zeros(n_runs, dtype=np.uint64)
    for offset in range(SHINGLE_CHARS):
        hashes = hashes * _POLYNOMIAL + codes[offset : offset + n_runs]
    return np.unique(_mix(hashes))[:MAX_SHINGLES]


def _mixed(first: int) -> Hashes:
    """As many fixed numbers as there are permutations."""
    return _mix(np.arange(first + 1, first + N_PERMUTATIONS + 1, dtype=np.uint64) * _GOLDEN)


def _mix(values: Hashes) -> Hashes:
    """Spread every bit over all 64. Source: Steele, Lea & Flood (2014), SplitMix64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
