"""Names: under which key a text's scores are kept.

A key is a BLAKE2b of the normalised text, and of the turn before it where the model reads one, keyed by a secret of the
deployment, the format of the values, the text bundle's digest and the active policy's version. So it says nothing of
the content to whoever reads the store, a new bundle or policy starts from nothing, and two deployments that share a
store never meet.

The policy's version is not needed for the scores to be right, as they are judged anew for every request; it is there
so that nothing whatever outlives a change of policy, even if the contents of an entry should grow one day.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from service.caching.values import FORMAT

KEY_BYTES: Final = 32
_PERSON: Final = b"weir-cache"


class Names:
    """Keys for the texts of one model."""

    def __init__(self, secret: bytes, bundle_digest: str, policy_version: Callable[[], str]) -> None:
        self._secret = secret
        self._bundle_digest = bundle_digest
        self._policy_version = policy_version
        self._version: str | None = None
        self._plain = self._embedded = self._after = hashlib.blake2b(digest_size=KEY_BYTES)

    def key(self, text: str, *, with_embedding: bool, previous: str | None = None) -> bytes:
        """The key of a normalised text, and of the turn before it as posted: 32 bytes."""
        version = self._policy_version()
        if version != self._version:
            self._version = version
            self._plain, self._embedded = self._state(version, b"plain"), self._state(version, b"embedded")
            self._after = self._state(version, b"after")
        state = (self._embedded if with_embedding else self._plain).copy()
        state.update(text.encode("utf-8", "surrogatepass"))
        if not previous:
            return state.digest()
        after = self._after.copy()
        after.update(state.digest())  # of one length, so that the border to the turn is in no doubt
        after.update(previous.encode("utf-8", "surrogatepass"))
        return after.digest()

    def _state(self, version: str, kind: bytes) -> "hashlib.blake2b":
        """A hash that has only the text left to read."""
        named = "\0".join([str(FORMAT), self._bundle_digest, version])
        key = hashlib.blake2b(named.encode(), key=self._secret, digest_size=KEY_BYTES, person=_PERSON).digest()
        return hashlib.blake2b(kind, key=key, digest_size=KEY_BYTES, person=_PERSON)
