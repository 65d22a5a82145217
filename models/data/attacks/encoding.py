"""Encoding: the whole text, or its words, in another notation that a reader or their machine undoes at once."""

import base64
import codecs
import random
from urllib.parse import quote

from models.data.attacks.targets import rewrite


def to_base64(text: str, chance: random.Random, *, strength: float = 1.0) -> str:
    """The UTF-8 bytes in base64 as the standard writes it."""
    del chance, strength
    return base64.b64encode(text.encode()).decode("ascii")


def to_url_base64(text: str, chance: random.Random, *, strength: float = 1.0) -> str:
    """The alphabet of URLs without padding, sometimes with a word that says so before it."""
    del strength
    encoded = base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")
    return chance.choice(("", "", "b64: ", "decode this: ")) + encoded


def to_hex(text: str, chance: random.Random, *, strength: float = 1.0) -> str:
    """The UTF-8 bytes as one row of hexadecimal digits."""
    del chance, strength
    return text.encode().hex()


def to_parted_hex(text: str, chance: random.Random, *, strength: float = 1.0) -> str:
    r"""Hexadecimal bytes set apart: `6b 69`, `\x6b\x69`, `0x6b69`, in capitals sometimes."""
    del strength
    style = chance.randrange(4)
    encoded = text.encode()
    if style == 0:
        return encoded.hex(" ")
    if style == 1:
        return "".join(f"\\x{byte:02x}" for byte in encoded)
    return f"0x{encoded.hex()}" if style == 2 else encoded.hex(" ").upper()  # noqa: PLR2004 - a style of four


def to_percent(text: str, chance: random.Random, *, strength: float = 1.0) -> str:
    """As in the address of a page: letters stay, the rest is `%20`."""
    del chance, strength
    return quote(text, safe="")


def to_full_percent(text: str, chance: random.Random, *, strength: float = 1.0) -> str:
    """Every byte, letters too, as in `%6b%69`."""
    del strength
    capitals = chance.random() < 0.5  # noqa: PLR2004 - half of the time
    return "".join(f"%{byte:02X}" if capitals else f"%{byte:02x}" for byte in text.encode())


def to_entities(text: str, chance: random.Random, *, strength: float) -> str:
    """Letters of `strength` of the words as numbered entities of HTML, decimal or hexadecimal."""

    def change(word: str, chance: random.Random) -> str:
        form = chance.choice(("&#{};", "&#x{:x};"))
        return "".join(form.format(ord(char)) for char in word)

    return rewrite(text, chance, strength, change)


def rotate_words(text: str, chance: random.Random, *, strength: float) -> str:
    """`strength` of the words in ROT13."""
    return rewrite(text, chance, strength, lambda word, _: codecs.encode(word, "rot13"))


def rotate(text: str, chance: random.Random, *, strength: float = 1.0) -> str:
    """The whole text in ROT13."""
    del chance, strength
    return codecs.encode(text, "rot13")
