"""Lookalikes: the table is whole, and names find what it lacks."""

import pytest

from models.runtime.undisguise.lookalikes import _TABLE, plain_letter


def test_every_lookalike_stands_for_one_plain_letter() -> None:
    assert all(not char.isascii() and plain.isascii() and plain.islower() for char, plain in _TABLE.items())


@pytest.mark.parametrize(("char", "plain"), [("\u0199", "k"), ("\u0268", "i"), ("\u1d05", "d"), ("\uab7a", "a")])
def test_a_letter_that_the_table_lacks_is_found_by_its_name(char: str, plain: str) -> None:
    assert plain_letter(char) == plain


def test_a_letter_that_looks_like_no_other_is_none() -> None:
    assert plain_letter("\u8a9e") is None
