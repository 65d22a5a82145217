import hashlib

from hypothesis import given
from hypothesis import strategies as st

from models.data.digests import exclusion_digest, exclusion_form, text_digest


def test_the_exclusion_form_keeps_ascii_letters_and_digits_only():
    assert exclusion_form("  Ｈello,  WORLD… 42!\tçava ") == "hello world 42 ava"


def test_the_exclusion_digest_is_the_sha256_of_the_form():
    assert exclusion_digest("Hello, World!") == hashlib.sha256(b"hello world").hexdigest()


def test_a_text_of_emoji_has_no_exclusion_digest():
    assert exclusion_digest("🔪🔪 !") is None


def test_texts_that_differ_in_case_have_different_digests():
    assert text_digest("a") != text_digest("A")


@given(st.text())
def test_case_does_not_change_the_exclusion_of_ascii(text):
    ascii_text = text.encode("ascii", "ignore").decode()
    assert exclusion_digest(ascii_text.upper()) == exclusion_digest(ascii_text)
