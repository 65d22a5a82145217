import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.features import text_features
from models.runtime.normalization import normalize


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_shares_are_shares_of_characters(text: str) -> None:
    features = text_features(text, 1, 1)
    n_chars = max(1, len(text))
    assert features.n_chars == len(text)
    assert abs(features.ascii_share * n_chars - sum(char.isascii() for char in text)) < 1e-6


def test_a_text_is_described() -> None:
    features = text_features("HELLO you 42!", 5, 1)
    assert (features.n_chars, features.n_tokens, features.n_windows) == (13, 5, 1)
    assert (features.ascii_share, features.upper_share, features.digit_share) == (1.0, 5 / 13, 2 / 13)


def test_upper_case_and_digits_of_other_scripts_count() -> None:
    features = text_features("ДА ٣", 2, 1)
    assert (features.ascii_share, features.upper_share, features.digit_share) == (0.25, 0.5, 0.25)


def test_an_empty_text_has_no_shares() -> None:
    features = text_features("", 0, 1)
    assert (features.ascii_share, features.upper_share, features.digit_share) == (0.0, 0.0, 0.0)


def test_addresses_and_emoji_are_counted() -> None:
    features = text_features(normalize("see https://a.example and www.b.example \U0001f602\U0001f44d\U0001f3fd"), 1, 1)
    assert (features.n_urls, features.n_emoji) == (2, 2)


def test_a_family_and_a_flag_are_one_emoji_each() -> None:
    text = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1f7"
    assert text_features(normalize(text), 1, 1).n_emoji == 2


def test_language_script_and_disguise_are_told() -> None:
    features = text_features("Das ist ein deutscher Satz über diesen 1di0t, h4te", 1, 1, 0.25)
    told = (features.language, features.script, features.altered_share, features.disguised_share)
    assert told == ("de", "Latn", 0.25, pytest.approx(2 / 9))
