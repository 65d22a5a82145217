"""Signing: how a receiver knows that a message is ours, was not changed, and is not an old one sent again.

A message has three headers: `webhook-id` (the same in every attempt, so that a receiver can drop repeats),
`webhook-timestamp` (seconds since 1970, of the attempt) and `webhook-signature`: `v1,` and the base64 of HMAC-SHA256
over `id.timestamp.body`; while a secret is being replaced there are two signatures with a blank between.

Source: the Standard Webhooks specification, https://github.com/standard-webhooks/standard-webhooks.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
TOLERANCE_S: Final = 300
"""How far a message's time may be from the receiver's clock, by default."""


class SignatureError(ValueError):
    """The message is not to be trusted; says why, without quoting it."""


def make_secret() -> str:
    """A new secret: 256 random bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(secrets_: Sequence[str], message_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """The headers of one attempt; `secrets_` has the newest first."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{_signature(secret, message_id, at_s, body)}" for secret in secrets_),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, now_s: float, tolerance_s: int = TOLERANCE_S) -> None:
    """Check a message as a receiver does.

    Args:
        secret: as it was shown when the endpoint was made, with `whsec_`.
        headers: of the message; names in any case.
        body: its bytes as they came.
        now_s: seconds since 1970.
        tolerance_s: how old or new the message may be.

    Raises:
        SignatureError: It is not to be trusted.

    """
    named = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, at, signatures = (named[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError:
        raise SignatureError("webhook-id, webhook-timestamp and webhook-signature are needed") from None
    if not (at.isascii() and at.isdigit()) or abs(now_s - int(at)) > tolerance_s:
        raise SignatureError(f"the message's time is more than {tolerance_s} s away from now")
    expected = _signature(secret, message_id, int(at), body).encode()
    found = [entry[3:].encode() for entry in signatures.split() if entry.startswith("v1,")]
    if not any([hmac.compare_digest(expected, signature) for signature in found]):  # noqa: C419 - all are compared
        raise SignatureError("no signature fits the secret and the message")


def _signature(secret: str, message_id: str, at_s: int, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise SignatureError(f"a secret is {PREFIX} and base64") from None
    signed = f"{message_id}.{at_s}.".encode() + body
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
