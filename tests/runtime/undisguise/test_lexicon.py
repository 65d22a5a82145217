"""Lexicon: the lists that ship are whole and consistent."""

from models.runtime.undisguise.lexicon import emoji_names, lexicon


def test_words_are_plain_and_each_is_there_once() -> None:
    words = lexicon()
    assert len(words.ranks) > 20_000
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words.ranks)
    assert sorted(words.ranks.values()) == list(range(len(words.ranks)))


def test_what_is_masked_or_harmful_is_a_word() -> None:
    words = lexicon()
    assert words.profane < words.harmful < set(words.ranks)


def test_a_word_of_harm_with_an_ending_is_one_too() -> None:
    assert lexicon().is_harmful("bitchiness".removesuffix("iness") + "ing")
    assert not lexicon().is_harmful("kindness")


def test_names_of_emoji_are_plain_words() -> None:
    names = emoji_names()
    assert names["\U0001f9d5"] == "woman with headscarf"
    assert all(
        name and name == " ".join(name.split()) and name.isascii() and name.islower()
        for name in names.values()
        if not name.isdigit()
    )
