"""Tokens: what a caller brings, `weir_<id>_<secret>`, and what is kept of it.

The secret is 43 characters from 62, 256 bits from the kernel. Nobody can try so many, so one fast hash keeps it: a slow
one would only let strangers keep the processor busy. The id goes into the hash, so that a stolen row is of no use
under another id. The fixed form lets scanners of repositories find a token that got out.
"""

import hashlib
import re
import secrets
from typing import Final, NamedTuple

ID_PATTERN: Final = r"^[a-z2-7]{12}$"
MAX_TOKEN_BYTES: Final = 512
"""A longer one is not looked at."""
_ID_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_CHARS: Final = 12
_SECRET_CHARS: Final = 43
_TOKEN: Final = re.compile(rb"weir_([a-z2-7]{12})_([0-9A-Za-z]{43})")


class Token(NamedTuple):
    """A key's id, and the hash of what was brought under it."""

    key_id: str
    hash: bytes


def make_token() -> tuple[str, str]:
    """A new id, and the token that belongs to it."""
    key_id = "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_CHARS))
    return key_id, renew_token(key_id)


def renew_token(key_id: str) -> str:
    """Another token for an id."""
    return f"weir_{key_id}_{''.join(secrets.choice(_ALPHABET) for _ in range(_SECRET_CHARS))}"


def read_token(token: bytes) -> Token:
    """What to look up; something that is not a token is hashed all the same, and has an id that no key has."""
    match = _TOKEN.fullmatch(token, 0, MAX_TOKEN_BYTES)
    return Token(match[1].decode() if match else "", hash_token(token))


def hash_token(token: bytes) -> bytes:
    """BLAKE2b-256 of the whole token, its id included."""
    return hashlib.blake2b(token[:MAX_TOKEN_BYTES], digest_size=32, person=b"weir-api-key").digest()
