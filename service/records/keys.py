"""Content digests: equal texts are recognisable inside one deployment, and nobody without the key can test a guess."""

import hashlib
import secrets
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from service.records.tables import deployment

_NAME: Final = "digest_key"
_KEY: Final = select(deployment.c.value).where(deployment.c.name == _NAME)
KEY_BYTES: Final = 32
DIGEST_BYTES: Final = 32


class ContentDigester:
    """Keyed BLAKE2b-256."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hashlib.blake2b(key=key, digest_size=DIGEST_BYTES)

    def digest(self, text: str) -> str:
        """The digest of a normalised text, 64 hex digits."""
        state = self._keyed.copy()
        state.update(text.encode())
        return state.hexdigest()

    def subject(self, author_id: str) -> str:
        """What stands for an author, 64 hex digits; no text has the same."""
        return self.digest(f"author\0{author_id}")


def derive_key(secret: str) -> bytes:
    """A key of the right size from a secret of any length."""
    return hashlib.blake2b(secret.encode(), digest_size=KEY_BYTES, person=b"weir-digest-key").digest()


def deployment_key(engine: Engine) -> bytes:
    """The deployment's generated key: made by the first worker, read by all others."""
    with engine.connect() as connection:
        found = connection.execute(_KEY).scalar()
        if found is None:
            try:
                values = {"name": _NAME, "value": secrets.token_hex(KEY_BYTES)}
                connection.execute(deployment.insert().values(values))
                connection.commit()
            except IntegrityError:  # another worker was first
                connection.rollback()
            found = connection.execute(_KEY).scalar_one()
    return bytes.fromhex(found)
