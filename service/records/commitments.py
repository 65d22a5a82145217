"""Commitments: what a decision's digest says of its personal fields, so that these can be erased and it still holds.

The digest covers `blake2b(personal fields, key=salt)` instead of the fields. Erasing them and the salt leaves a number
that fits the chain and says nothing: without the salt nobody can test a guess.
"""

import hashlib
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

import orjson

from service.records.tables import Row, decisions

PERSONAL: Final = ("content_id", "subject", "content_digest", "context")
"""Columns of `decisions` that can be traced to a person."""
UNCHAINED: Final = frozenset({*PERSONAL, "salt", "erased_at_us"})
"""Columns that the digest does not cover itself."""
COLUMNS: Final = tuple(decisions.columns.keys())
_CHAINED: Final = itemgetter(
    COLUMNS.index("personal"),
    *(index for index, name in enumerate(COLUMNS) if name not in UNCHAINED and name != "personal"),
)
DIGEST_BYTES: Final = 32
SALT_BYTES: Final = 16


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
