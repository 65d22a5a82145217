"""The texts of the benchmark."""

from collections import Counter

import pytest

from scripts.bench.corpus import groups, length_profile, load_texts, stream


def test_the_corpus_mixes_one_word_and_page_long_texts():
    words = sorted(len(text.split()) for text in load_texts())
    assert len(words) >= 300
    assert words[0] == 1
    assert 10 <= words[len(words) // 2] <= 25
    assert words[-1] >= 150


def test_line_breaks_inside_a_text_are_read():
    assert any("\n" in text for text in load_texts())


def test_a_repeated_text_is_refused(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("hello\nhello\n", encoding="utf-8")
    with pytest.raises(ValueError, match="only once"):
        load_texts(path)


def test_a_stream_repeats_no_text_before_all_were_drawn():
    counts = Counter(stream(["a", "b", "c"], 7))
    assert set(counts.values()) == {2, 3}


def test_a_stream_depends_on_nothing_but_its_seed():
    texts = load_texts()
    assert stream(texts, 500, seed=1) == stream(texts, 500, seed=1)
    assert stream(texts, 500, seed=1) != stream(texts, 500, seed=2)


def test_groups_are_full_and_in_order():
    assert groups(["a", "b", "c", "d", "e"], 2) == [["a", "b"], ["c", "d"]]


def test_a_length_profile_counts_every_text():
    profile = length_profile([3, 10, 20, 200])
    assert (profile.n_texts, profile.p50, profile.longest) == (4, 10, 200)
