from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.runtime.matching import buckets
from models.runtime.matching.hamming_index import MAX_DISTANCE, HammingIndex
from models.runtime.matching.hit import Hit
from models.runtime.matching.pdq import PdqHash

HASHES = st.binary(min_size=32, max_size=32)
POSITIONS = st.lists(st.integers(0, 255), max_size=40, unique=True)


def flipped(bits: bytes, positions: Sequence[int]) -> bytes:
    number = int.from_bytes(bits)
    for position in positions:
        number ^= 1 << position
    return number.to_bytes(32)


def brute_force(stored: Sequence[tuple[int, bytes]], wanted: bytes, max_distance: int) -> list[Hit]:
    nearest: dict[int, int] = {}
    for key, bits in stored:
        distance = (int.from_bytes(bits) ^ int.from_bytes(wanted)).bit_count()
        nearest[key] = min(distance, nearest.get(key, 256))
    hits = [Hit(key, distance) for key, distance in nearest.items() if distance <= max_distance]
    return sorted(hits, key=lambda hit: (hit.distance, hit.key))


def near_copies(n_hashes: int, seed: int) -> NDArray[np.uint8]:
    """Some hashes, and copies of them with 0 to 40 bits flipped."""
    random = np.random.default_rng(seed)
    bits = random.integers(0, 2, (n_hashes, 256), dtype=np.uint8)
    for row in range(n_hashes // 2, n_hashes):
        bits[row] = bits[row - n_hashes // 2]
        bits[row, random.choice(256, random.integers(0, 41), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


@pytest.fixture
def short_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sort after a handful of rows, so that small tests reach what large collections do."""
    monkeypatch.setattr(buckets, "MIN_TAIL", 4)


@given(HASHES, POSITIONS)
def test_a_copy_is_found_exactly_when_at_most_31_bits_differ(bits: bytes, positions: list[int]) -> None:
    index = HammingIndex()
    index.add(7, bits)
    expected = [Hit(7, len(positions))] if len(positions) <= MAX_DISTANCE else []
    assert index.search(flipped(bits, positions)) == expected


@pytest.mark.usefixtures("short_tail")
@pytest.mark.parametrize("max_distance", [0, 1, 15, 16, 30, 31])
@pytest.mark.parametrize("seed", range(3))
def test_a_sorted_index_answers_like_brute_force(seed: int, max_distance: int) -> None:
    bits = near_copies(300, seed)
    index = HammingIndex()
    index.add_many(range(280), bits[:280])
    for key in range(280, 300):
        index.add(key, bits[key].tobytes())
    stored = [(key, row.tobytes()) for key, row in enumerate(bits)]
    for row in bits[::7]:
        assert index.search(row.tobytes(), max_distance) == brute_force(stored, row.tobytes(), max_distance)


@pytest.mark.usefixtures("short_tail")
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 3), POSITIONS), max_size=60),
    st.integers(0, 31),
)
@settings(max_examples=60)
def test_any_order_of_adding_and_removing_answers_like_brute_force(
    steps: list[tuple[bool, int, int, list[int]]], max_distance: int
) -> None:
    bases = [bytes([value]) * 32 for value in (0, 255, 0x55, 0x5A)]
    index, stored = HammingIndex(), list[tuple[int, bytes]]()
    for is_removal, key, base, positions in steps:
        if is_removal and any(key == other for other, _ in stored):
            index.remove(key)
            stored = [(other, bits) for other, bits in stored if other != key]
        elif not is_removal:
            bits = flipped(bases[base], positions)
            index.add(key, bits)
            stored.append((key, bits))
    assert len(index) == len(stored)
    for base in bases:
        assert index.search(base, max_distance) == brute_force(stored, base, max_distance)


@pytest.mark.usefixtures("short_tail")
def test_the_worst_spread_of_errors_is_found() -> None:
    index = HammingIndex()
    index.add_many(range(64), near_copies(64, 1))
    bits = bytes(range(32))
    index.add(99, bits)
    two_a_word_but_one = [16 * word + bit for word in range(16) for bit in (3, 9)][:-1]
    assert index.search(flipped(bits, two_a_word_but_one)) == [Hit(99, 31)]


@pytest.mark.usefixtures("short_tail")
def test_many_rows_in_one_bucket_are_all_found() -> None:
    index = HammingIndex()
    index.add_many(range(500), np.zeros((500, 32), dtype=np.uint8))
    assert [hit.key for hit in index.search(bytes(32))] == list(range(500))


def test_an_empty_index_finds_nothing() -> None:
    assert HammingIndex().search(bytes(32)) == []


def test_a_key_with_several_hashes_answers_its_nearest_once() -> None:
    index = HammingIndex()
    index.add(5, flipped(bytes(32), [1, 2, 3]))
    index.add(5, flipped(bytes(32), [1]))
    assert index.search(bytes(32)) == [Hit(5, 1)]
    assert len(index) == 2


def test_removing_a_key_forgets_all_its_hashes() -> None:
    index = HammingIndex()
    index.add_many([5, 5, 6], np.zeros((3, 32), dtype=np.uint8))
    index.remove(5)
    assert index.search(bytes(32)) == [Hit(6, 0)]
    assert len(index) == 1


def test_removing_an_unknown_key_is_an_error() -> None:
    index = HammingIndex()
    index.add(1, bytes(32))
    index.remove(1)
    with pytest.raises(KeyError):
        index.remove(1)


@pytest.mark.usefixtures("short_tail")
def test_removed_rows_give_their_memory_back() -> None:
    index = HammingIndex()
    index.add_many(range(1000), near_copies(1000, 0))
    before = index.n_bytes
    for key in range(900):
        index.remove(key)
    index.add_many(range(1000, 1100), near_copies(100, 1))
    tables = 16 * 65_537 * 4
    assert index.n_bytes - tables < (before - tables) / 2


@pytest.mark.parametrize("max_distance", [-1, 32])
def test_a_distance_that_cannot_be_searched_exactly_is_refused(max_distance: int) -> None:
    with pytest.raises(ValueError, match="from 0 to 31"):
        HammingIndex().search(bytes(32), max_distance)


@pytest.mark.parametrize("n_bytes", [0, 31, 33])
def test_a_hash_of_another_length_is_refused(n_bytes: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        HammingIndex().add(1, bytes(n_bytes))
    with pytest.raises(ValueError, match=r"expected \(1, 32\)"):
        HammingIndex().add_many([1], np.zeros((1, n_bytes), dtype=np.uint8))


@pytest.mark.mirror
@pytest.mark.usefixtures("short_tail")
def test_published_needles_are_found_in_the_haystack(image_mirror) -> None:
    haystack = (image_mirror / "pdq" / "haystack.txt").read_text().split()
    needles = (image_mirror / "pdq" / "needles.txt").read_text().split()
    stored = [(key, PdqHash.from_hex(digits).bits) for key, digits in enumerate(haystack)]
    index = HammingIndex()
    index.add_many(
        [key for key, _ in stored], np.frombuffer(b"".join(bits for _, bits in stored), np.uint8).reshape(-1, 32)
    )
    found = [index.search(PdqHash.from_hex(needle).bits) for needle in needles]
    assert found == [brute_force(stored, PdqHash.from_hex(needle).bits, MAX_DISTANCE) for needle in needles]
    assert sum(bool(hits) for hits in found) > 50
