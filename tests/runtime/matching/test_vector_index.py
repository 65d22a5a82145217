import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.runtime.matching.vector_index import MAX_COMPARED, VectorIndex

SIZE = 16


def directions(n_vectors: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n_vectors, SIZE)).astype(np.float32)


def cosine_distances(vectors: NDArray[np.float32], wanted: NDArray[np.float32]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(wanted)
    return 1.0 - vectors @ wanted / lengths


def filled(vectors: NDArray[np.float32]) -> VectorIndex:
    index = VectorIndex(SIZE)
    index.add_many(range(len(vectors)), vectors)
    return index


@given(st.integers(1, 60), st.integers(0, 1000), st.floats(0.1, 1.5))
@settings(max_examples=40)
def test_a_small_index_answers_like_comparing_all(n_vectors: int, seed: int, max_distance: float) -> None:
    vectors = directions(n_vectors, seed)
    wanted = directions(1, seed + 1)[0]
    distances = cosine_distances(vectors, wanted)
    hits = filled(vectors).search(wanted, max_distance, limit=n_vectors)
    assert [hit.distance for hit in hits] == pytest.approx([distances[hit.key] for hit in hits], abs=2e-3)
    surely_near = set(np.flatnonzero(distances <= max_distance - 2e-3).tolist())
    maybe_near = set(np.flatnonzero(distances <= max_distance + 2e-3).tolist())
    assert surely_near <= {hit.key for hit in hits} <= maybe_near


def test_a_large_index_finds_slightly_moved_vectors() -> None:
    vectors = directions(3 * MAX_COMPARED, 0)
    index = filled(vectors)
    moved = vectors[::100] + 0.05 * directions(30, 1)
    found = [index.search(vector, 0.2, limit=1) for vector in moved]
    right = sum(bool(hits) and hits[0].key == 100 * row for row, hits in enumerate(found))
    assert right >= 29


def test_hits_come_nearest_first_and_no_more_than_asked() -> None:
    hits = filled(directions(50, 3)).search(directions(1, 4)[0], 2.0, limit=7)
    assert len(hits) == 7
    assert [hit.distance for hit in hits] == sorted(hit.distance for hit in hits)


@given(st.integers(0, 1000))
@settings(max_examples=30)
def test_no_distance_is_negative(seed: int) -> None:
    vectors = directions(5, seed)
    assert all(filled(vectors).search(vector, 2.0)[0].distance >= 0.0 for vector in vectors)


@pytest.mark.parametrize("length", [1e-20, 1e-3, 1e6, 1e18])
def test_length_does_not_matter(length: float) -> None:
    vectors = directions(4, 0)
    hits = filled((vectors * length).astype(np.float32)).search(vectors[2], 0.01)
    assert [hit.key for hit in hits] == [2]


@pytest.mark.parametrize("n_vectors", [40, MAX_COMPARED + 40])
def test_removed_vectors_are_not_found_and_the_others_are(n_vectors: int) -> None:
    vectors = directions(n_vectors, 0)
    index = filled(vectors)
    for key in range(0, n_vectors, 2):
        index.remove(key)
    assert len(index) == n_vectors // 2
    assert [hit.key for hit in index.search(vectors[4], 0.01)] == []
    assert [hit.key for hit in index.search(vectors[5], 0.01)] == [5]


def test_a_removed_key_can_come_back() -> None:
    vectors = directions(3, 0)
    index = filled(vectors)
    index.remove(1)
    index.add(1, vectors[0])
    assert [hit.key for hit in index.search(vectors[0], 0.01)] == [0, 1]


def test_a_key_with_several_vectors_answers_its_nearest_once() -> None:
    vectors = directions(2, 0)
    index = VectorIndex(SIZE)
    index.add_many([8, 8], vectors)
    assert [(hit.key, round(hit.distance, 3)) for hit in index.search(vectors[1], 2.0)] == [(8, 0.0)]


def test_an_emptied_index_finds_nothing() -> None:
    index = filled(directions(1, 0))
    index.remove(0)
    assert index.search(directions(1, 0)[0], 2.0) == []


def test_removing_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        VectorIndex(SIZE).remove(3)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_vector_without_a_direction_is_refused(value: float) -> None:
    vector = np.full(SIZE, value, dtype=np.float32)
    with pytest.raises(ValueError, match="no direction"):
        VectorIndex(SIZE).add(1, vector)
    with pytest.raises(ValueError, match="no direction"):
        VectorIndex(SIZE).search(vector, 0.1)


def test_a_vector_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(1, 16\)"):
        VectorIndex(SIZE).add(1, np.ones(SIZE - 1, dtype=np.float32))


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        VectorIndex(SIZE).search(directions(1, 0)[0], 0.1, limit=0)


def test_onnxruntime_can_be_loaded_after_the_index() -> None:
    program = "import models.runtime.matching.vector_index, onnxruntime; print(onnxruntime.get_device())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0
