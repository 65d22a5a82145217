"""A tiny material: memes whose harm is the product of a word and a picture, and ordinary posts."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.training.fusion import FusionConfig, FusionInputs
from models.training.memes.inputs import MemeRows, OrdinaryRows
from models.training.memes.material import Material

N_WORDS, N_PICTURE = 8, 12
N_MEMES, N_POSTS = 240, 40
TINY = FusionConfig(
    rank=4, n_seeds=2, steps=250, lr=0.03, word_decay=0.01, image_decay=0.01, product_decay=0.01, value_dropout=0.0
)

Float32s = NDArray[np.float32]


def make_inputs(seed: int, n: int) -> tuple[FusionInputs, NDArray[np.bool_]]:
    """Inputs, and whether word and picture have the same sign in their first column."""
    random = np.random.default_rng(seed)
    words = random.normal(size=(n, N_WORDS)).astype(np.float32)
    picture = random.normal(size=(n, N_PICTURE)).astype(np.float32)
    nothing = np.zeros_like(words)
    return FusionInputs(nothing, words, picture), words[:, 0] * picture[:, 0] > 0


def make_material() -> Material:
    read, harmful = make_inputs(0, N_MEMES)
    posts, _ = make_inputs(1, N_POSTS)
    random = np.random.default_rng(2)
    noise = random.normal(0.0, 0.1, read.image_text.shape).astype(np.float32)
    memes = MemeRows(
        harmful=harmful,
        very_harmful=harmful & (random.random(N_MEMES) < 0.2),
        politics=random.random(N_MEMES) < 0.3,
        groups=np.arange(N_MEMES) // 2,
        read=read,
        transcribed=FusionInputs(read.text, read.image_text + noise, read.image),
        text_probs=random.random((N_MEMES, 3)).astype(np.float32),
    )
    ordinary = OrdinaryRows(
        inputs=posts,
        news=np.arange(N_POSTS) % 3 == 0,
        world=np.arange(N_POSTS) % 4,
        styles=np.full(N_POSTS, "card"),
    )
    return Material(memes, ordinary, [(0, 1), (2, 3)], "d" * 64)


@pytest.fixture(scope="session")
def material() -> Material:
    return make_material()
