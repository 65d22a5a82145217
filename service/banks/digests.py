"""Digest index: exact look-up of sha256 digests in 48 bytes an entry, where a dictionary would take 200."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from service.banks.signatures import DIGEST_BYTES

_PREFIX: Final = np.dtype(">u8")


class DigestIndex:
    """Sorted by the first eight bytes; digests spread evenly, so hardly two share them. Built once, then read only."""

    def __init__(self, keys: Sequence[int], digests: Sequence[bytes]) -> None:
        packed = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, DIGEST_BYTES)
        prefixes = packed[:, :8].copy().view(_PREFIX).ravel().astype(np.uint64)
        order = np.argsort(prefixes, kind="stable")
        self._prefixes = prefixes[order]
        self._digests = packed[order]
        self._keys = np.asarray(keys, dtype=np.int64)[order]

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, digest: bytes) -> list[int]:
        """The keys of this digest; several banks may know it."""
        prefix = np.uint64(int.from_bytes(digest[:8]))
        start, stop = np.searchsorted(self._prefixes, prefix), np.searchsorted(self._prefixes, prefix, side="right")
        return [int(self._keys[row]) for row in range(start, stop) if self._digests[row].tobytes() == digest]
