"""Language and script: told where they can be told, undetermined elsewhere, and never an error."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.language import language_of, script_of
from models.runtime.normalization import normalize

SAMPLES = [
    ("This is an ordinary sentence about the weather.", "en", "Latn"),
    ("Das ist ein deutscher Satz über das Wetter.", "de", "Latn"),
    ("Это русский текст для проверки", "ru", "Cyrl"),
    ("これは日本語の文章です", "ja", "Jpan"),
    ("今天天气很好我们去公园", "zh", "Hani"),
    ("안녕하세요 반갑습니다", "ko", "Hang"),
    ("שלום עולם מה שלומך היום", "he", "Hebr"),
    ("مرحبا بالعالم كيف حالك", "ar", "Arab"),
]


@pytest.mark.parametrize(("text", "language", "script"), SAMPLES, ids=[sample[1] for sample in SAMPLES])
def test_a_sentence_is_recognised(text: str, language: str, script: str) -> None:
    assert (language_of(text), script_of(text)) == (language, script)


@pytest.mark.parametrize("text", ["ok", "lol", "", "12 !!", "\U0001f602\U0001f602", "asdkjh qwelkj"])
def test_what_cannot_be_told_is_undetermined(text: str) -> None:
    assert language_of(text) == "und"


@pytest.mark.parametrize("text", ["", "12 !!", "\U0001f602", "$ 5"])
def test_a_text_without_letters_has_no_script(text: str) -> None:
    assert script_of(text) == "Zyyy"


def test_the_script_is_that_of_most_letters() -> None:
    assert script_of("\u041f\u0440\u0438\u0432\u0435\u0442 ok") == "Cyrl"
    assert script_of("Hello \u041f\u0440") == "Latn"


def test_one_letter_of_japan_makes_han_letters_japanese() -> None:
    assert script_of("\u65e5\u672c\u8a9e\u306e") == "Jpan"


def test_a_script_that_is_not_listed_is_another() -> None:
    assert script_of("\u16a0\u16a2\u16a6") == "Zzzz"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_every_text_has_a_code_of_each_kind(raw: str) -> None:
    text = normalize(raw)
    assert re.fullmatch("[a-z]{2,3}", language_of(text))
    assert re.fullmatch("[A-Z][a-z]{3}", script_of(text))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_what_was_not_normalised_is_no_error_either(raw: str) -> None:
    assert re.fullmatch("[a-z]{2,3}", language_of(raw))
