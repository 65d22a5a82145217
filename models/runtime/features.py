"""Features: the few numbers and words about a text that monitoring may keep.

Some ten microseconds a text, most of them for its language; `weir bench features` measures it.
"""

import re
import string
from typing import Final

from models.contracts.records import TextFeatures
from models.runtime.disguise import disguised_share
from models.runtime.language import language_of, script_of
from models.runtime.normalization import URL_MASK

_NOT_ASCII = bytes(range(128, 256))
_ASCII: Final = re.compile("[\x00-\x7f]+")
_UPPER = string.ascii_uppercase.encode()
_DIGITS = string.digits.encode()
_PICTURE = "\u2600-\u27bf\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff"
_MODIFIER = "\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
_EMOJI: Final = re.compile(
    rf"[\U0001f1e6-\U0001f1ff]{{2}}|[{_PICTURE}][{_MODIFIER}]*(?:\u200d[{_PICTURE}][{_MODIFIER}]*)*"
)
"""One emoji as people count them: flags are two letters, and families and skin tones are sequences.

Source: Unicode Technical Standard #51, "Unicode Emoji", ED-17, simplified.
"""


def text_features(text: str, n_tokens: int, n_windows: int, altered_share: float = 0.0) -> TextFeatures:
    """Describe a normalised text.

    Args:
        text: normalised, so without surrogates.
        n_tokens: tokens of the text, special tokens not counted.
        n_windows: windows the text was cut into.
        altered_share: what normalisation undid, by `models.runtime.disguise.altered_share`; in [0, 1].

    """
    n_chars = len(text)
    is_ascii = text.isascii()
    n_ascii, n_upper, n_digits = _count_ascii(text) if is_ascii else _count_unicode(text)
    share = 1.0 / n_chars if n_chars else 0.0
    return TextFeatures(
        n_chars=n_chars,
        n_tokens=n_tokens,
        n_windows=n_windows,
        ascii_share=min(1.0, n_ascii * share),
        upper_share=min(1.0, n_upper * share),
        digit_share=min(1.0, n_digits * share),
        language=language_of(text),
        script=script_of(text),
        n_urls=text.split(" ").count(URL_MASK) if URL_MASK in text else 0,
        n_emoji=0 if is_ascii else len(_EMOJI.findall(_ASCII.sub(" ", text))),
        altered_share=altered_share,
        disguised_share=disguised_share(text),
    )


def _count_ascii(text: str) -> tuple[int, int, int]:
    """ASCII, upper case and digit characters: deleting a class of bytes and measuring runs at C speed."""
    raw = text.encode("ascii")
    n_chars = len(raw)
    return n_chars, n_chars - len(raw.translate(None, _UPPER)), n_chars - len(raw.translate(None, _DIGITS))


def _count_unicode(text: str) -> tuple[int, int, int]:
    """The same of any text, where upper case and digits are those of every script; most of it is often ASCII."""
    n_ascii, n_upper, n_digits = _count_ascii(text.encode().translate(None, _NOT_ASCII).decode("ascii"))
    rest = _ASCII.sub("", text)
    return n_ascii, n_upper + sum(map(str.isupper, rest)), n_digits + sum(map(str.isdigit, rest))
