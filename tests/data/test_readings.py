"""What was read into single texts is kept by digest, one answer a text and category."""

import re

import pytest

from models.contracts import Category
from models.data.readings import DIGEST_CHARS, load_readings, parse_readings


def test_a_reading_says_yes_or_no_of_a_category_or_doubts() -> None:
    read = parse_readings('["violence/graphic"]\nyes = ["aa"]\nno = ["bb"]\n[spam]\nno = ["aa"]\ndoubtful = ["bb"]')
    assert read == {
        "aa": {Category.VIOLENCE_GRAPHIC: 1, Category.SPAM: 0},
        "bb": {Category.VIOLENCE_GRAPHIC: 0, Category.SPAM: -1},
    }


def test_a_text_that_is_read_in_two_ways_is_refused() -> None:
    with pytest.raises(ValueError, match="two ways"):
        parse_readings('["violence/graphic"]\nyes = ["aa"]\nno = ["aa"]')


def test_the_readings_that_ship_hold_digests_of_the_thin_categories() -> None:
    read = load_readings()
    assert all(re.fullmatch(rf"[0-9a-f]{{{DIGEST_CHARS}}}", digest) for digest in read)
    assert {label for marks in read.values() for label in marks} == {
        Category.HARASSMENT_THREATENING,
        Category.HATE_THREATENING,
        Category.SEXUAL,
        Category.SELF_HARM_INSTRUCTIONS,
        Category.VIOLENCE_GRAPHIC,
    }
