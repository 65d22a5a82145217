"""HammingIndex: exact search for 256-bit hashes that differ in few bits, such as PDQ hashes.

Cut into 16 words of 16 bits, two hashes that differ in at most 31 bits have a word that differs in at most one: if
every word differed in two, that would be 32. So it is enough to look, for each word, into its own bucket and the 16
buckets one bit away, 272 of 16 * 65,536, and to count bits only there. Up to 15 bits the 16 own buckets are enough.

Source: Norouzi, Punjani & Fleet (2012), "Fast Search in Hamming Space with Multi-Index Hashing".
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.runtime.matching.buckets import Buckets, Rows, Words
from models.runtime.matching.hit import Hit

HASH_BYTES: Final = 32
MAX_DISTANCE: Final = 31
"""The largest distance that sharing a word up to one bit finds; also PDQ's recommended threshold.

Source: ThreatExchange, `pdq/README.md`, "Matching".
"""

_N_WORDS: Final = 16
_FLIPS: Final = np.concatenate((np.zeros(1, dtype=np.uint16), np.uint16(1) << np.arange(16, dtype=np.uint16)))


class HammingIndex:
    """Hashes under keys. A key may have several hashes, and a search answers the nearest of them.

    A million hashes take about 110 MB. Do not change it while another thread searches.
    """

    def __init__(self) -> None:
        self._buckets = Buckets(_N_WORDS, _N_WORDS, _words)

    def __len__(self) -> int:
        """Number of hashes."""
        return len(self._buckets)

    @property
    def n_bytes(self) -> int:
        """Memory taken, in bytes."""
        return self._buckets.n_bytes

    def add(self, key: int, bits: bytes) -> None:
        """Add one hash of 32 bytes.

        Raises:
            ValueError: it has another length.

        """
        self._buckets.add(np.array([key], dtype=np.int64), _hash_words(bits))

    def add_many(self, keys: Sequence[int] | NDArray[np.int64], bits: NDArray[np.uint8]) -> None:
        """Add many hashes at once, which is much faster than one by one. *Shape:* `(n,)` and `(n, 32)`.

        Raises:
            ValueError: the shapes are others.

        """
        if bits.shape != (len(keys), HASH_BYTES):
            raise ValueError(f"hashes have shape {bits.shape}; expected ({len(keys)}, {HASH_BYTES})")
        self._buckets.add(np.asarray(keys, dtype=np.int64), np.ascontiguousarray(bits, dtype=np.uint8).view(np.uint16))

    def remove(self, key: int) -> None:
        """Forget every hash of a key.

        Raises:
            KeyError: it has none.

        """
        self._buckets.remove(key)

    def search(self, bits: bytes, max_distance: int = MAX_DISTANCE) -> list[Hit]:
        """Every key with a hash at most `max_distance` bits away, nearest first.

        Args:
            bits: 32 bytes.
            max_distance: 0 to 31.

        Raises:
            ValueError: either is out of range.

        """
        if not 0 <= max_distance <= MAX_DISTANCE:
            raise ValueError(f"max_distance is {max_distance}; it must be from 0 to {MAX_DISTANCE}")
        own = _hash_words(bits)
        words = own.T if max_distance < _N_WORDS else own.T ^ _FLIPS
        return self._buckets.search(words, lambda rows: hamming_distances(rows, own), max_distance)


def hamming_distances(rows: Rows, one: Rows) -> NDArray[np.float32]:
    """Differing bits between many hashes and one. *Shape:* `(n, 16)` and `(1, 16)` to `(n,)`."""
    many, wanted = rows.view(np.uint64), one.view(np.uint64)[0]
    distances: NDArray[np.float32] = np.bitwise_count(many[:, 0] ^ wanted[0]).astype(np.float32)
    for column in range(1, len(wanted)):
        distances += np.bitwise_count(many[:, column] ^ wanted[column])
    return distances


def _words(rows: Rows) -> Words:
    """A hash is filed under its own words."""
    return rows


def _hash_words(bits: bytes) -> Rows:
    if len(bits) != HASH_BYTES:
        raise ValueError(f"a hash has {HASH_BYTES} bytes, not {len(bits)}")
    return np.frombuffer(bits, dtype=np.uint16).reshape(1, _N_WORDS)
