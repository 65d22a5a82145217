"""Commitments: what a decision's digest says of its personal fields, so that these can be erased and it still holds.

The digest covers `blake2b(personal fields, key=salt)` instead of the fields. Erasing them and the salt leaves a number
that fits the chain and says nothing: without the salt nobody can test a guess.
"""

import hashlib
import os
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

import orjson

from service.records.tables import Row, decisions

PERSONAL: Final = ("content_id", "subject", "content_digest", "context")
"""Columns of `decisions` that can be traced to a person."""
VECTORS: Final = ("text_vector", "image_vector")
"""Columns that say what content is about, and go when it is erased."""
UNCHAINED: Final = frozenset({*PERSONAL, *VECTORS, "salt", "erased_at_us"})
"""Columns that the digest does not cover itself."""
COLUMNS: Final = tuple(decisions.columns.keys())
_CHAINED: Final = itemgetter(
    COLUMNS.index("personal"),
    *(index for index, name in enumerate(COLUMNS) if name not in UNCHAINED and name != "personal"),
)
DIGEST_BYTES: Final = 32
SALT_BYTES: Final = 16
_RESERVE_BYTES: Final = 256 * SALT_BYTES


class SaltSource:
    """Makes salts from the randomness of the kernel, read in blocks: a call into it costs more than all else here."""

    def __init__(self) -> None:
        self._reserve = b""
        self._offset = 0

    def __call__(self) -> bytes:
        """A salt that nothing else has."""
        start = self._offset
        if start >= len(self._reserve):
            self._reserve, start = os.urandom(_RESERVE_BYTES), 0
        self._offset = start + SALT_BYTES
        return self._reserve[start : self._offset]


def commit(personal: Sequence[object], salt: bytes) -> bytes:
    """The commitment to the personal fields, in the order of `PERSONAL`."""
    return hashlib.blake2b(orjson.dumps(personal), key=salt, digest_size=DIGEST_BYTES).digest()


def decision_digest(row: Row) -> bytes:
    """The digest of a decision's row: of the commitment, then of its other columns in the order of the table.

    Columns at the end that say nothing are left out, so that a column that is added later changes no older digest.
    """
    commitment, *chained = _CHAINED(row)
    while chained[-1] is None:
        chained.pop()
    said = orjson.dumps([bytes(commitment).hex(), *chained])
    return hashlib.blake2b(said, digest_size=DIGEST_BYTES).digest()
