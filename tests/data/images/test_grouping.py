import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.data.images.grouping import MAX_DISTANCE, Pair, group, near_pairs
from models.data.images.inspection import N_ORIENTATIONS, Inspected


def inspected(hashes, digest="", *, matchable=True):
    return Inspected(digest, 100, 100, hashes, matchable)


def flipped(hashes, n_bits):
    bits = np.unpackbits(hashes, axis=-1)
    bits[:, :n_bits] ^= 1
    return np.packbits(bits, axis=-1)


RANDOM = np.random.default_rng(5).integers(0, 256, (3, N_ORIENTATIONS, 32), dtype=np.uint8)


def test_fingerprints_at_the_limit_pair_and_one_bit_farther_do_not():
    near, far = flipped(RANDOM[0], MAX_DISTANCE), flipped(RANDOM[0], MAX_DISTANCE + 1)
    assert near_pairs([inspected(RANDOM[0], "a"), inspected(near, "b")]) == [Pair(0, 1, MAX_DISTANCE)]
    assert near_pairs([inspected(RANDOM[0], "a"), inspected(far, "b")]) == []


def test_a_turned_copy_pairs_by_another_orientation():
    turned = np.roll(RANDOM[0], 3, axis=0)
    assert near_pairs([inspected(RANDOM[0], "a"), inspected(turned, "b")]) == [Pair(0, 1, 0)]


def test_flat_pictures_pair_only_with_equal_files():
    flat = [inspected(RANDOM[0], digest, matchable=False) for digest in ("a", "b", "a")]
    assert near_pairs(flat) == [Pair(0, 2, 0)]


def test_no_pictures_make_no_pairs():
    assert near_pairs([]) == []


@given(arrays(np.uint8, (6, 32)))
def test_distances_are_those_of_counted_bits(rows):
    pictures = [inspected(np.repeat(row[np.newaxis], N_ORIENTATIONS, axis=0), str(n)) for n, row in enumerate(rows)]
    counted = {
        (left, right): int(np.unpackbits(rows[left] ^ rows[right]).sum())
        for left in range(6)
        for right in range(left + 1, 6)
    }
    found = {(pair.left, pair.right): pair.distance for pair in near_pairs(pictures)}
    assert found == {key: distance for key, distance in counted.items() if distance <= MAX_DISTANCE}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12), st.permutations(range(10)))
def test_groups_do_not_depend_on_the_order_of_pairs(edges, order):
    pairs = [Pair(min(edge), max(edge), 0) for edge in edges]
    mixed = [pairs[place] for place in order if place < len(pairs)] + pairs[10:]
    assert group(10, pairs, [None] * 10) == group(10, mixed, [None] * 10)


def test_kin_and_near_duplicates_join_one_group():
    assert group(4, [Pair(0, 1, 5)], [None, "drive", "drive", None]) == [0, 0, 0, 3]
