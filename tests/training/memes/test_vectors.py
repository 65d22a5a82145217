from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.training.memes.vectors import VectorCache, text_digest


def silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


def lengths(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)


@given(texts=st.lists(st.text(max_size=5), min_size=1, max_size=40))
def test_vectors_come_in_the_order_asked_for(tmp_path_factory, texts: list[str]) -> None:
    cache = VectorCache(tmp_path_factory.mktemp("cache") / "a.npz", "test")
    found = cache.vectors([text_digest(t) for t in texts], lambda batch: lengths([texts[i] for i in batch]), silent)
    np.testing.assert_array_equal(found, lengths(texts))


def test_only_what_is_new_is_computed(tmp_path: Path) -> None:
    cache, texts, asked = VectorCache(tmp_path / "a.npz", "test"), ["a", "bb", "ccc", "bb"], []

    def compute(batch: Sequence[int]) -> NDArray[np.float32]:
        asked.extend(texts[position] for position in batch)
        return lengths([texts[position] for position in batch])

    digests = [text_digest(text) for text in texts]
    cache.vectors(digests[:1], compute, silent)
    cache.vectors(digests, compute, silent)
    assert asked == ["a", "bb", "ccc"]
