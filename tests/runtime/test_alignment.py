"""Ranges of characters are found again after a text was rewritten, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.alignment import WINDOW_CHARS, Alignment, align, joined
from models.runtime.normalization import normalize

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)


def found(before: str, after: str, words: str) -> str | None:
    start = before.index(words)
    carried = align(before, after).forward(start, start + len(words))
    return None if carried is None else after[slice(*carried)]


def shown(before: str, after: str, words: str) -> str | None:
    start = after.index(words)
    carried = align(before, after).back(start, start + len(words))
    return None if carried is None else before[slice(*carried)]


def test_a_text_that_was_not_rewritten_keeps_its_ranges() -> None:
    assert align("what a day", "what a day").forward(5, 6) == (5, 6)


def test_an_empty_text_has_no_ranges() -> None:
    assert align("", "").blocks == ()
    assert align("", "").forward(0, 0) is None


def test_a_word_is_found_behind_what_was_removed() -> None:
    raw = "\u200b\u200b  see   https://example.org/a/b?c=1  you   rotten\u200b turnip"
    assert found(raw, normalize(raw), "rotten\u200b turnip") == "rotten turnip"


def test_a_word_is_shown_with_the_marks_that_were_put_into_it() -> None:
    assert shown("you are s.t.u.p.i.d, ok", "you are stupid, ok", "stupid") == "s.t.u.p.i.d"


def test_a_replaced_character_is_part_of_its_word() -> None:
    assert shown("you 1d1ot", "you idiot", "idiot") == "1d1ot"


def test_wide_and_capital_letters_are_letters_of_the_word() -> None:
    assert shown("ＹＯＵ ＦＯＯＬ 😂", "you fool face with tears of joy", "fool") == "ＦＯＯＬ"


def test_an_emoji_answers_for_every_word_of_its_name() -> None:
    assert shown("you 🤡", "you clown face", "face") == "🤡"


def test_nothing_is_left_of_a_range_that_was_removed() -> None:
    assert found("fine\u200b\u200b day", "fine day", "\u200b\u200b") is None


def test_a_range_beyond_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="3 characters"):
        align("abc", "abd").forward(1, 4)


def test_ranges_that_touch_become_one_and_empty_ones_go() -> None:
    assert joined([(5, 7), (0, 2), (2, 4), (9, 9)]) == ((0, 4), (5, 7))


def test_several_ranges_are_carried_at_once_and_back() -> None:
    alignment = align("a  rude  word", "a rude word")
    assert alignment.forward_all([(3, 7), (9, 13)]) == ((2, 6), (7, 11))
    assert alignment.back_all([(2, 6), (7, 11)]) == ((3, 7), (9, 13))


def test_a_word_at_the_end_of_a_long_text_is_found() -> None:
    raw = "  ".join(f"sentence number {i}" for i in range(2000)) + "  you rotten turnip"
    assert found(raw, normalize(raw), "rotten turnip") == "rotten turnip"


def test_a_word_at_the_end_of_a_long_spelt_out_text_is_found() -> None:
    plain = "".join(f"word{i}" for i in range(1500)) + "turnip"
    assert shown(" ".join(plain), plain, "turnip") == "t u r n i p"


def test_long_texts_with_nothing_in_common_answer_as_a_whole() -> None:
    before, after = "a" * (3 * WINDOW_CHARS), "b" * (2 * WINDOW_CHARS)
    assert align(before, after).forward(10, 20) == (0, len(after))


def tiles(alignment: Alignment, n_before: int, n_after: int) -> bool:
    place = (0, 0)
    for block in alignment.blocks:
        if (block.start, block.new_start) != place or (block.end, block.new_end) < place:
            return False
        if block.paired and block.end - block.start != block.new_end - block.new_start:
            return False
        place = (block.end, block.new_end)
    return place == (n_before, n_after)


@given(texts, texts)
def test_blocks_cover_both_texts_in_order(before: str, after: str) -> None:
    assert tiles(align(before, after), len(before), len(after))


@given(st.text("ab ", min_size=1, max_size=9), st.integers(500, 4000), st.text("ab ", max_size=9), st.integers(0, 4000))
def test_blocks_cover_long_texts_too(left: str, n_left: int, right: str, n_right: int) -> None:
    before, after = left * n_left, right * n_right
    assert tiles(align(before, after), len(before), len(after))


@given(texts)
def test_every_range_of_a_normalised_text_lies_in_both_texts(text: str) -> None:
    after = normalize(text)
    alignment = align(text, after)
    for start in range(len(after)):
        back = alignment.back(start, len(after))
        assert back is None or 0 <= back[0] < back[1] <= len(text)


@given(texts, st.data())
def test_a_wider_range_answers_with_a_wider_range(text: str, data: st.DataObject) -> None:
    alignment = align(text, normalize(text))
    end = data.draw(st.integers(0, len(text)))
    start = data.draw(st.integers(0, end))
    inner, outer = alignment.forward(start, end), alignment.forward(0, len(text))
    assert inner is None or (outer is not None and outer[0] <= inner[0] <= inner[1] <= outer[1])
