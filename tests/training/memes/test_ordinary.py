from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from models.training.memes.news import HELD_OUT, TRAINING, news_sentence
from models.training.memes.ordinary import (
    PHOTOGRAPHS,
    SENTENCES,
    SIDE_PX,
    Ingredients,
    OrdinaryPost,
    Style,
    make_posts,
    usable_sentences,
)


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> list[OrdinaryPost]:
    return draw(tmp_path_factory.mktemp("posts"), is_held_out=False)


def draw(folder: Path, *, is_held_out: bool) -> list[OrdinaryPost]:
    photograph = folder / "photo.png"
    Image.fromarray(np.full((60, 90, 3), 120, dtype=np.uint8)).save(photograph)
    ingredients = Ingredients(
        {True: [photograph], False: [photograph]}, {True: ["late train home"], False: ["hello out there"]}
    )
    return make_posts(ingredients, folder / "drawn", 60, is_held_out=is_held_out, seed=1)


def test_training_and_measuring_share_no_set() -> None:
    assert not set(PHOTOGRAPHS[True]) & set(PHOTOGRAPHS[False])
    assert not set(SENTENCES[True]) & set(SENTENCES[False])


def test_training_and_measuring_share_no_sentence_of_the_news() -> None:
    assert not set(TRAINING) & set(HELD_OUT)


@pytest.mark.parametrize("pattern", TRAINING + HELD_OUT)
def test_every_pattern_of_the_news_is_filled(pattern: str) -> None:
    sentence = news_sentence(Random(0), (pattern,))
    assert not {"{", "}"} & set(sentence)
    assert sentence[0].isupper()


def test_the_same_seed_draws_the_same_posts(posts: list[OrdinaryPost], tmp_path: Path) -> None:
    again = draw(tmp_path, is_held_out=False)
    assert [(p.text, p.words, p.style) for p in again] == [(p.text, p.words, p.style) for p in posts]
    assert [p.path.read_bytes() for p in again] == [p.path.read_bytes() for p in posts]


def test_every_style_is_drawn(posts: list[OrdinaryPost]) -> None:
    assert {post.style for post in posts} == set(Style)


def test_words_are_in_the_picture_or_beside_it_and_never_both(posts: list[OrdinaryPost]) -> None:
    assert not [post for post in posts if post.text and post.words]
    assert all(bool(post.text) == (post.style is Style.POST) for post in posts)


def test_pictures_have_the_size_of_memes(posts: list[OrdinaryPost]) -> None:
    for post in posts:
        with Image.open(post.path) as image:
            assert image.width == SIDE_PX


def test_held_out_posts_say_so(tmp_path: Path) -> None:
    assert all(post.is_held_out for post in draw(tmp_path, is_held_out=True))


def test_sentences_are_neither_a_word_nor_an_essay() -> None:
    assert usable_sentences(["one", "one two three", " ".join(["word"] * 30)]) == ["one two three"]
