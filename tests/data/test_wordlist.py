"""Word list: which words are chosen and how they are marked."""

import gzip
from collections import Counter
from pathlib import Path

from models.data.wordlist import WordCounts, read_profanity, word_lines


def counted(harmful: dict[str, int], others: dict[str, int]) -> WordCounts:
    counts = WordCounts(Counter(harmful), Counter(others), n_harmful=100, n_others=100)
    for word in {*harmful, *others}:
        counts.sets[word].update({"one", "two", "three"})
    return counts


def test_words_come_by_frequency_and_harm_is_marked() -> None:
    counts = counted({"moronic": 40, "darn": 5}, {"weather": 50, "moronic": 1})
    lines = list(word_lines(counts, {"weather", "moronic", "##ing", "darn"}, {"darn"}))
    assert lines[:3] == ["weather", "moronic+", "darn*"]


def test_a_rare_word_that_the_vocabulary_lacks_is_left_out() -> None:
    assert "zonk" not in list(word_lines(counted({}, {"zonk": 9}), set(), set()))


def test_lexicons_give_single_words_in_lower_case(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "en.gz", "wt", encoding="utf-8") as file:
        file.write("Darn\ntwo words\nab\n")
    with gzip.open(tmp_path / "surge.csv.gz", "wt", encoding="utf-8") as file:
        file.write("text,severity_rating\nheck,1\nh3ck,1\n")
    assert read_profanity(tmp_path / "en.gz", tmp_path / "surge.csv.gz") == {"darn", "heck"}
