from hypothesis import given
from hypothesis import strategies as st

from models.data.examples import Split
from models.data.images.splitting import MIN_HUGE_GROUP, PictureShares, assign

SHARES = PictureShares()


@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.integers(0, 5))
def test_no_group_is_in_two_splits(roots, seed):
    splits = assign(["set"] * len(roots), roots, [str(n) for n in range(len(roots))], SHARES, seed)
    assert len({(root, split) for root, split in zip(roots, splits, strict=True)}) == len(set(roots))


def test_a_huge_group_trains_whatever_its_hash():
    n = 2 * MIN_HUGE_GROUP
    for seed in range(30):
        splits = assign(["set"] * n, [0] * n, [str(index) for index in range(n)], SHARES, seed)
        assert set(splits) == {Split.TRAIN}


def test_adding_pictures_moves_no_other_group():
    before = assign(["set"] * 40, list(range(40)), [f"name{n}" for n in range(40)], SHARES, 0)
    after = assign(["set"] * 50, list(range(50)), [f"name{n}" for n in range(50)], SHARES, 0)
    assert after[:40] == before


@given(st.floats(0, 1, exclude_max=True))
def test_every_place_has_a_split(place):
    assert SHARES.split_at(place) in {Split.TRAIN, Split.VALIDATION, Split.CALIBRATION, Split.TEST}


def test_shares_are_kept_roughly():
    splits = assign(["set"] * 4000, list(range(4000)), [str(n) for n in range(4000)], SHARES, 1)
    assert abs(splits.count(Split.TEST) / 4000 - SHARES.test) < 0.02
