"""Values: what is kept of a scored text, in bytes. Scores and features, and embeddings.

An embedding is there projected, for monitoring, and whole where it was asked for.

Never the text: whoever finds an entry has the text at hand and normalises it again, which takes microseconds. And
nothing of how it was posted: that is looked at anew for every posting.
"""

import math
import struct
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from models.contracts import TextFeatures
from models.contracts.records import VECTOR_SIZE
from service.ticket import Scored

FORMAT: Final = 2
"""Part of every key: raised when the layout changes, or when the same bundle begins to say something else of a text."""
_HEAD: Final = struct.Struct("<HI?IIIddd3s4sIId")
"""Numbers of probabilities and of embedding values, whether there is a projected embedding, then the features in the
order of their fields, without the one that is of the posting: `altered_share`."""


class ValueInvalidError(Exception):
    """These bytes are not a value of this format."""


def pack(scored: Scored) -> bytes:
    """The bytes of an entry."""
    probs, features, embedding, vector = scored.probs, scored.features, scored.embedding, scored.vector
    head = _HEAD.pack(
        len(probs),
        0 if embedding is None else len(embedding),
        vector is not None,
        features.n_chars,
        features.n_tokens,
        features.n_windows,
        features.ascii_share,
        features.upper_share,
        features.digit_share,
        features.language.encode(),
        features.script.encode(),
        features.n_urls,
        features.n_emoji,
        features.disguised_share,
    )
    body = struct.pack(f"<{len(probs)}d", *probs)
    return b"".join((head, body, vector or b"", b"" if embedding is None else embedding.astype("<f4").tobytes()))


def unpack(value: bytes, text: str, altered_share: float = 0.0) -> Scored:
    """The scores of a text, which is the one that the value was packed for.

    Args:
        value: the bytes of the entry.
        text: normalised.
        altered_share: of the text as it was posted this time.

    Raises:
        ValueInvalidError: The bytes are damaged.

    """
    try:
        n_probs, n_embedding, has_vector, *found = _HEAD.unpack_from(value)
        start = _HEAD.size + 8 * n_probs
        end = start + VECTOR_SIZE * has_vector
        if len(value) != end + 4 * n_embedding:
            raise ValueInvalidError("the value has another length than it says")
        probs = list(struct.unpack_from(f"<{n_probs}d", value, _HEAD.size))
    except struct.error as error:
        raise ValueInvalidError("the value is too short") from error
    if not all(map(math.isfinite, probs)):
        raise ValueInvalidError("a probability is not a number")
    features = _features(found, altered_share)
    embedding = np.frombuffer(value, "<f4", n_embedding, end).astype(np.float32) if n_embedding else None
    return Scored(probs, text, features, embedding, value[start:end] or None, is_cached=True)


def _features(found: list[Any], altered_share: float) -> TextFeatures:
    """The features in the order of the head."""
    n_chars, n_tokens, n_windows, ascii_share, upper_share, digit_share, language, script, *counts = found
    n_urls, n_emoji, disguised_share = counts
    try:
        return TextFeatures(
            n_chars=n_chars,
            n_tokens=n_tokens,
            n_windows=n_windows,
            ascii_share=ascii_share,
            upper_share=upper_share,
            digit_share=digit_share,
            language=language.rstrip(b"\0").decode("ascii"),
            script=script.decode("ascii"),
            n_urls=n_urls,
            n_emoji=n_emoji,
            altered_share=altered_share,
            disguised_share=disguised_share,
        )
    except (ValidationError, UnicodeDecodeError) as error:
        raise ValueInvalidError("a feature is out of range") from error
