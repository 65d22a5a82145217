"""Signing messages the way Weir's webhooks do, so that one receiver checks both (docs/webhooks.md).

Source: the Standard Webhooks specification, https://github.com/standard-webhooks/standard-webhooks.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

from monitoring.errors import MonitoringError

PREFIX: Final = "whsec_"
_MIN_BYTES: Final = 16


def check_secret(secret: str) -> None:
    """Raise a MonitoringError unless this is a secret."""
    _key(secret)


def signed_headers(secret: str, message_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """The headers of one attempt: HMAC-SHA256 over `id.timestamp.body`."""
    signed = f"{message_id}.{at_s}.".encode() + body
    signature = base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(at_s), "webhook-signature": f"v1,{signature}"}


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if len(key) < _MIN_BYTES:
        raise MonitoringError(
            f"WEIR_MONITOR_WEBHOOK_SECRET: {PREFIX} and base64 of at least {_MIN_BYTES} bytes, such as by "
            f"`echo {PREFIX}$(openssl rand -base64 32)`"
        )
    return key
