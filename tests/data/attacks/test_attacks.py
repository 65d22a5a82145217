"""Attacks: pure, repeatable, and never without effect on a word."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data.attacks import (
    BENCHMARK_ATTACKS,
    BENCHMARK_PAIRS,
    TRAINING_ATTACKS,
    UnknownAttackError,
    attack,
    augment,
    emoji,
    homoglyphs,
    invisible,
    leet,
    marks,
    scripts,
    spacing,
    stars,
    typing_errors,
)
from models.data.attacks.augmentation import WEIGHTS
from models.data.attacks.tables import Table, by_letter, by_line
from models.data.attacks.targets import choose, is_content, targets
from models.runtime.normalization import normalize

TEXTS = st.text(max_size=80)
SEEDS = st.integers(min_value=0, max_value=2**32)
WORDS = st.lists(
    st.sampled_from(("kill", "monkeys", "disgusting", "hate", "women", "guns", "police", "trash")),
    min_size=2,
    max_size=8,
)
EVERY = [("training", name) for name in TRAINING_ATTACKS] + [("benchmark", name) for name in BENCHMARK_ATTACKS]
MAY_CHANGE_NOTHING = {"respelled", "casing", "reversed-text", "percent", "rot13", "reversed-words", "typos"}
"""A word may hold no such sound, be a palindrome, need no escape, or swap two letters that are the same."""


def disguised(kind: str, name: str, text: str, seed: int) -> str:
    attacks = TRAINING_ATTACKS if kind == "training" else BENCHMARK_ATTACKS
    return attacks[name](text, random.Random(seed))


@pytest.mark.parametrize(("kind", "name"), EVERY)
@settings(max_examples=30)
@given(text=TEXTS, seed=SEEDS)
def test_an_attack_takes_any_text_and_repeats_itself(kind: str, name: str, text: str, seed: int) -> None:
    assert disguised(kind, name, text, seed) == disguised(kind, name, text, seed)


@pytest.mark.parametrize(("kind", "name"), [entry for entry in EVERY if entry[1] not in MAY_CHANGE_NOTHING])
@settings(max_examples=30)
@given(words=WORDS, seed=SEEDS)
def test_an_attack_changes_a_text_with_words(kind: str, name: str, words: list[str], seed: int) -> None:
    text = " ".join(words)
    assert disguised(kind, name, text, seed) != text


@pytest.mark.parametrize("name", ["respelled", "rot13", "reversed-words", "reversed-text", "percent"])
@pytest.mark.parametrize("kind", ["training", "benchmark"])
def test_the_other_attacks_change_an_ordinary_sentence(kind: str, name: str) -> None:
    text = "those foxes chased each other around my kitchen"
    assert any(disguised(kind, name, text, seed) != text for seed in range(5))


@given(words=WORDS, seed=SEEDS)
def test_masks_of_users_and_addresses_are_not_targets(words: list[str], seed: int) -> None:
    assert [target.word for target in targets(f"@user {' '.join(words)} http")] == words


@given(words=WORDS, strength=st.floats(0.01, 1.0), seed=SEEDS)
def test_at_least_one_word_and_at_most_the_share_is_chosen(words: list[str], strength: float, seed: int) -> None:
    chosen = choose(targets(" ".join(words)), random.Random(seed), strength)
    assert 1 <= len(chosen) <= max(1.0, strength * len(words) + 0.5)
    assert [target.start for target in chosen] == sorted({target.start for target in chosen})


def test_words_of_content_are_preferred() -> None:
    chosen = choose(targets("those were the dreadful ones"), random.Random(0), 0.1)
    assert all(is_content(target.word) for target in chosen)


def test_punctuation_around_a_word_is_not_part_of_it() -> None:
    assert [target.word for target in targets('he said: "idiots!" (twice)')] == ["said", "idiots", "twice"]


@pytest.mark.parametrize(
    ("training", "benchmark"),
    [
        (leet.TRAINING, leet.BENCHMARK),
        (leet.TRAINING, leet.BENCHMARK_SIGNS),
        (homoglyphs.TRAINING, homoglyphs.BENCHMARK),
        (homoglyphs.TRAINING_FONTS, homoglyphs.BENCHMARK_FONTS),
        (scripts.TRAINING, scripts.BENCHMARK),
        (emoji.TRAINING_LETTERS, emoji.BENCHMARK_LETTERS),
        (emoji.TRAINING_PICTURES, emoji.BENCHMARK_PICTURES),
        (typing_errors.TRAINING_KEYS, typing_errors.BENCHMARK_KEYS),
        (typing_errors.TRAINING_SOUNDS, typing_errors.BENCHMARK_SOUNDS),
    ],
)
def test_the_tables_of_the_benchmark_are_held_out(training: Table, benchmark: Table) -> None:
    assert {key: set(training[key]) & set(benchmark[key]) for key in training.keys() & benchmark.keys()} == {
        key: set() for key in training.keys() & benchmark.keys()
    }


@pytest.mark.parametrize(
    ("training", "benchmark"),
    [
        (invisible.TRAINING, invisible.BENCHMARK),
        (marks.TRAINING, marks.BENCHMARK),
        (spacing.TRAINING, spacing.BENCHMARK),
        (spacing.TRAINING_PUNCTUATION, spacing.BENCHMARK_PUNCTUATION),
        (stars.TRAINING, stars.BENCHMARK),
    ],
)
def test_the_signs_of_the_benchmark_are_held_out(training: tuple[str, ...], benchmark: tuple[str, ...]) -> None:
    assert not set(training) & set(benchmark)


def test_a_pair_is_two_attacks_of_the_benchmark() -> None:
    assert {name for pair in BENCHMARK_PAIRS for name in pair} <= BENCHMARK_ATTACKS.keys()
    assert set(Counter(BENCHMARK_PAIRS).values()) == {1}


@given(text=TEXTS, seed=SEEDS)
def test_augmented_text_is_normal_and_not_empty(text: str, seed: int) -> None:
    normal = normalize(text)
    augmented = augment(normal, random.Random(seed))
    assert normalize(augmented) == augmented
    assert bool(augmented) == bool(normal)


@given(words=WORDS, seed=SEEDS)
def test_augmentation_repeats_itself(words: list[str], seed: int) -> None:
    assert augment(" ".join(words), random.Random(seed)) == augment(" ".join(words), random.Random(seed))


def test_augmentation_leaves_most_words_and_changes_most_texts() -> None:
    text = "nobody ever invited these miserable pigs into our quiet village square"
    augmented = [augment(text, random.Random(seed)) for seed in range(300)]
    kept = [sum(word in one.split() for word in text.split()) / len(text.split()) for one in augmented]
    assert sum(kept) / len(kept) > 0.6
    assert sum(one != text for one in augmented) > 270


def test_augmentation_draws_attacks_of_training_only() -> None:
    assert WEIGHTS.keys() <= TRAINING_ATTACKS.keys()


def test_an_attack_is_found_by_name_with_a_strength_of_choice() -> None:
    text = "horrible people deserve horrible weather"
    mild = attack(text, "stars", random.Random(1), strength=0.2)
    assert sum(a != b for a, b in zip(text.split(), mild.split(), strict=True)) == 1


def test_an_unknown_attack_is_named() -> None:
    with pytest.raises(UnknownAttackError, match="'magic'"):
        attack("text", "magic", random.Random(1))


def test_tables_are_read_from_lines_and_letters() -> None:
    assert by_letter("a@4 b8") == {"a": ("@", "4"), "b": ("8",)}
    assert by_line("kill murder = x yy\n\n god = z") == {"kill": ("x", "yy"), "murder": ("x", "yy"), "god": ("z",)}
