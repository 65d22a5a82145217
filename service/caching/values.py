"""Values: what is kept of a scored text, in bytes. Scores and features, and the embedding where it was asked for.

Never the text: whoever finds an entry has the text at hand and normalises it again, which takes microseconds.
"""

import math
import struct
from typing import Final

import numpy as np
from pydantic import ValidationError

from models.contracts import TextFeatures
from service.ticket import Scored

FORMAT: Final = 1
"""Part of every key: raised when the layout changes, or when the same bundle begins to say something else of a text."""
_HEAD: Final = struct.Struct("<HIIIIddd")
"""Numbers of probabilities and of embedding values, then the features in the order of their fields."""


class ValueInvalidError(Exception):
    """These bytes are not a value of this format."""


def pack(scored: Scored) -> bytes:
    """The bytes of an entry."""
    probs, features, vector = scored.probs, scored.features, scored.embedding
    n_embedding = 0 if vector is None else len(vector)
    head = _HEAD.pack(
        len(probs),
        n_embedding,
        features.n_chars,
        features.n_tokens,
        features.n_windows,
        features.ascii_share,
        features.upper_share,
        features.digit_share,
    )
    body = struct.pack(f"<{len(probs)}d", *probs)
    return head + body if vector is None else head + body + vector.astype("<f4").tobytes()


def unpack(value: bytes, text: str) -> Scored:
    """The scores of a text, which is the one that the value was packed for.

    Raises:
        ValueInvalidError: The bytes are damaged.

    """
    try:
        n_probs, n_embedding, n_chars, n_tokens, n_windows, ascii_share, upper_share, digit_share = _HEAD.unpack_from(
            value
        )
        if len(value) != _HEAD.size + 8 * n_probs + 4 * n_embedding:
            raise ValueInvalidError("the value has another length than it says")
        probs = list(struct.unpack_from(f"<{n_probs}d", value, _HEAD.size))
    except struct.error as error:
        raise ValueInvalidError("the value is too short") from error
    if not all(map(math.isfinite, probs)):
        raise ValueInvalidError("a probability is not a number")
    try:
        features = TextFeatures(
            n_chars=n_chars,
            n_tokens=n_tokens,
            n_windows=n_windows,
            ascii_share=ascii_share,
            upper_share=upper_share,
            digit_share=digit_share,
        )
    except ValidationError as error:
        raise ValueInvalidError("a feature is out of range") from error
    start = _HEAD.size + 8 * n_probs
    vector = np.frombuffer(value, "<f4", n_embedding, start).astype(np.float32) if n_embedding else None
    return Scored(probs, text, features, vector)
