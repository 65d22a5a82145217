from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from models.training.memes.news import PATTERNS, news_sentence
from models.training.memes.ordinary import (
    SIDE_PX,
    WORLDS,
    Ingredients,
    OrdinaryPost,
    Style,
    make_posts,
    usable_sentences,
    world_patterns,
)


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> list[OrdinaryPost]:
    return draw(tmp_path_factory.mktemp("posts"))


def draw(folder: Path) -> list[OrdinaryPost]:
    photograph = folder / "photo.png"
    Image.fromarray(np.full((60, 90, 3), 120, dtype=np.uint8)).save(photograph)
    worlds = [Ingredients([photograph], ["hello out there"]), Ingredients([photograph], ["late train home"])]
    return make_posts(worlds, folder / "drawn", n_a_world=40, seed=1)


def test_no_two_worlds_share_a_set() -> None:
    sets = [name for world in WORLDS for name in (*world.photographs, world.sentences)]
    assert len(sets) == len(set(sets))


def test_every_sentence_of_the_news_is_in_one_world() -> None:
    found = [pattern for world in range(len(WORLDS)) for pattern in world_patterns(world)]
    assert sorted(found) == sorted(PATTERNS)
    assert len(set(PATTERNS)) == len(PATTERNS)


def test_a_post_says_nothing_of_another_world(posts: list[OrdinaryPost]) -> None:
    ordinary = {(post.world, post.text or post.words) for post in posts if not post.is_news}
    assert ordinary == {(0, "hello out there"), (1, "late train home")}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_of_the_news_is_filled(pattern: str) -> None:
    sentence = news_sentence(Random(0), (pattern,))
    assert not {"{", "}"} & set(sentence)
    assert sentence[0].isupper()


def test_the_same_seed_draws_the_same_posts(posts: list[OrdinaryPost], tmp_path: Path) -> None:
    again = draw(tmp_path)
    assert [(p.text, p.words, p.style) for p in again] == [(p.text, p.words, p.style) for p in posts]
    assert [p.path.read_bytes() for p in again] == [p.path.read_bytes() for p in posts]


def test_every_style_is_drawn(posts: list[OrdinaryPost]) -> None:
    assert {post.style for post in posts} == set(Style)


def test_words_are_either_in_the_picture_or_beside_it(posts: list[OrdinaryPost]) -> None:
    assert all(bool(post.text) is not bool(post.words) for post in posts)
    assert all(bool(post.text) is (post.style is Style.POST) for post in posts)


def test_pictures_have_the_size_of_memes(posts: list[OrdinaryPost]) -> None:
    for post in posts:
        with Image.open(post.path) as image:
            assert image.width == SIDE_PX


def test_sentences_are_neither_a_word_nor_an_essay() -> None:
    assert usable_sentences(["one", "one two three", " ".join(["word"] * 30)]) == ["one two three"]
