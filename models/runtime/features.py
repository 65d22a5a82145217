"""Features: the few numbers about a text that monitoring may keep. Microseconds a text."""

import string

from models.contracts.records import TextFeatures

_NOT_ASCII = bytes(range(128, 256))
_UPPER = string.ascii_uppercase.encode()
_DIGITS = string.digits.encode()


def text_features(text: str, n_tokens: int, n_windows: int) -> TextFeatures:
    """Describe a normalised text.

    Args:
        text: normalised, so without surrogates.
        n_tokens: tokens of the text, special tokens not counted.
        n_windows: windows the text was cut into.

    """
    n_chars = len(text)
    n_ascii, n_upper, n_digits = _count_ascii(text) if text.isascii() else _count_unicode(text)
    share = 1.0 / n_chars if n_chars else 0.0
    return TextFeatures(
        n_chars=n_chars,
        n_tokens=n_tokens,
        n_windows=n_windows,
        ascii_share=min(1.0, n_ascii * share),
        upper_share=min(1.0, n_upper * share),
        digit_share=min(1.0, n_digits * share),
    )


def _count_ascii(text: str) -> tuple[int, int, int]:
    """ASCII, upper case and digit characters: deleting a class of bytes and measuring runs at C speed."""
    raw = text.encode("ascii")
    n_chars = len(raw)
    return n_chars, n_chars - len(raw.translate(None, _UPPER)), n_chars - len(raw.translate(None, _DIGITS))


def _count_unicode(text: str) -> tuple[int, int, int]:
    """The same of any text, where upper case and digits are those of every script."""
    n_ascii = len(text.encode("utf-8").translate(None, _NOT_ASCII))
    return n_ascii, sum(map(str.isupper, text)), sum(map(str.isdigit, text))
