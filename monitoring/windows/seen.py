"""Seen: whether content occurred before, for any number of contents in a fixed amount of memory."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Float64s = NDArray[np.float64]
UInt64s = NDArray[np.uint64]

N_BITS: Final = 1 << 28
"""32 MiB. After ten million different contents, one new one in 2,700 is taken for a repeated one."""
N_PROBES: Final = 4
_HASH_KEY: Final = "weir-seen-digest"


class Seen:
    """A Bloom filter over digests of content.

    Source: Bloom (1970); two hashes stand for all: Kirsch & Mitzenmacher (2006).
    """

    def __init__(self) -> None:
        self._bytes = np.zeros(N_BITS // 8, np.uint8)  # pages are taken as they are touched

    def add(self, digests: Sequence[object]) -> Float64s:
        """Whether each occurred before, here or in an earlier call.

        Args:
            digests: keyed digests; empty where they are erased.

        Returns:
            1.0 or 0.0; NaN where there is no digest.

        """
        hashed = hash_digests(digests)
        is_given = np.array([bool(digest) for digest in digests], dtype=np.bool_)
        earlier = np.asarray(pd.Series(hashed).duplicated().to_numpy(), dtype=np.bool_)
        places, bits = self._probes(hashed)
        before = ((self._bytes[places] & bits) != 0).all(axis=1)
        self._set(places[is_given].ravel(), bits[is_given].ravel())
        return np.where(is_given, (earlier | before).astype(np.float64), np.nan)

    def _set(self, places: NDArray[np.int64], bits: NDArray[np.uint8]) -> None:
        """Bit by bit, so that two bits of one byte in one call are both set."""
        for number in range(8):
            bit = np.uint8(1 << number)
            chosen = places[bits == bit]
            self._bytes[chosen] = self._bytes[chosen] | bit

    @staticmethod
    def _probes(hashed: UInt64s) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        step = (hashed >> np.uint64(32)) | np.uint64(1)
        numbers = np.arange(N_PROBES, dtype=np.uint64)[None]
        spots = (hashed[:, None] + numbers * step[:, None]) % np.uint64(N_BITS)
        bits = np.left_shift(np.uint8(1), (spots & np.uint64(7)).astype(np.uint8))
        return (spots >> np.uint64(3)).astype(np.int64), bits.astype(np.uint8)


def hash_digests(digests: Sequence[object]) -> UInt64s:
    """64 bits of each digest."""
    named = np.array([digest or "" for digest in digests], dtype=object)
    hashed: UInt64s = pd.util.hash_array(named, hash_key=_HASH_KEY, categorize=False)
    return hashed


def repeated_in(digests: Sequence[object]) -> Float64s:
    """The same, exactly, for contents that are all in memory."""
    is_given = np.array([bool(digest) for digest in digests], dtype=np.bool_)
    is_repeated = pd.Series(list(digests), dtype=object).duplicated().to_numpy(dtype=np.float64)
    return np.where(is_given, is_repeated, np.nan)
