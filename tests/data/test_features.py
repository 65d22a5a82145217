import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.features import FEATURE_NAMES, document_features, feature_row
from models.runtime.normalization import normalize


def test_masks_count_as_what_they_mask():
    features = document_features(normalize("@someone see https://example.org/page now"))
    assert (features.n_mentions, features.n_urls, features.n_words) == (1, 1, 4)


def test_emoji_are_counted_one_by_one():
    assert document_features("ha 😂 🔪 ha").n_emoji == 2


def test_shares_are_of_characters():
    features = document_features("AB1é")
    assert (features.upper_share, features.digit_share, features.ascii_share) == (0.5, 0.25, 0.75)


def test_the_latin_share_is_of_letters():
    assert document_features("ab вг 12").latin_share == pytest.approx(0.5)


def test_a_text_without_letters_is_wholly_latin():
    assert document_features("123 😂").latin_share == 1.0


@given(st.text())
def test_every_share_lies_between_none_and_all(text):
    features = dict(zip(FEATURE_NAMES, feature_row(text), strict=True))
    assert all(0.0 <= value <= 1.0 for name, value in features.items() if name.endswith("_share"))
