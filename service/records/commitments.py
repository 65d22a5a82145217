"""Commitments: what a decision's digest says of its personal fields, so that these can be erased and it still holds.

The digest covers `blake2b(personal fields, key=salt)` instead of the fields. Erasing them and the salt leaves a number
that fits the chain and says nothing: without the salt nobody can test a guess.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import orjson

PERSONAL: Final = ("content_id", "subject", "content_digest", "context")
"""Columns of `decisions` that can be traced to a person."""
UNCHAINED: Final = frozenset({*PERSONAL, "salt", "erased_at_us"})
"""Columns that the digest does not cover itself."""
DIGEST_BYTES: Final = 32
SALT_BYTES: Final = 16


def commit(personal: Sequence[object], salt: bytes) -> bytes:
    """The commitment to the personal fields, in the order of `PERSONAL`."""
    return hashlib.blake2b(orjson.dumps(personal), key=salt, digest_size=DIGEST_BYTES).digest()


def decision_digest(row: Mapping[str, object]) -> bytes:
    """The digest of a decision's row, by the names of its columns in the order of the table."""
    chained = [_plain(value) for name, value in row.items() if name not in UNCHAINED]
    return hashlib.blake2b(orjson.dumps(chained), digest_size=DIGEST_BYTES).digest()


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes | memoryview) else value
