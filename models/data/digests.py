"""Digests: names for texts that do not reveal them."""

import hashlib
import re
import unicodedata

_NOT_ALPHANUMERIC = re.compile(r"[^0-9a-z]+")


def text_digest(text: str) -> str:
    """sha256 of a cleaned text, hex: the key of every table of the dataset."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def exclusion_form(text: str) -> str:
    """A text with nothing left but lower-case ASCII letters, digits and single spaces."""
    return _NOT_ALPHANUMERIC.sub(" ", unicodedata.normalize("NFKC", text).lower()).strip()


def exclusion_digest(text: str) -> str | None:
    """sha256 of the exclusion form, as in `exclude.sha256`; None for a text of which nothing is left."""
    form = exclusion_form(text)
    return hashlib.sha256(form.encode("ascii")).hexdigest() if form else None
