import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.contracts.evidence import Region, RegionKind
from models.runtime.vision.regions import MAX_REGIONS, region_boxes

SIDE = 28
KINDS = (RegionKind.WEAPONS, RegionKind.FIRE)
THRESHOLDS = {RegionKind.WEAPONS: 0.5, RegionKind.FIRE: 0.5}
MAPS = hnp.arrays(np.float32, (2, 12, 12), elements=st.floats(-20, 20, width=32))


def empty() -> np.ndarray:
    return np.full((2, SIDE, SIDE), -9, np.float32)


def find(logits: np.ndarray) -> list[Region]:
    return region_boxes(logits, KINDS, THRESHOLDS)


def test_a_map_without_marks_has_no_regions() -> None:
    assert find(empty()) == []


def test_a_patch_becomes_a_box_with_half_a_cell_around_it() -> None:
    logits = empty()
    logits[1, 4:6, 10:20] = 2
    (region,) = find(logits)
    assert region.kind is RegionKind.FIRE
    box = (region.box.x0, region.box.y0, region.box.x1, region.box.y1)
    assert box == pytest.approx((9.5 / SIDE, 3.5 / SIDE, 20.5 / SIDE, 6.5 / SIDE))


def test_the_probability_is_that_of_the_surest_cell() -> None:
    logits = empty()
    logits[0, 3:6, 3:6] = 0.5
    logits[0, 4, 4] = 3
    assert find(logits)[0].prob == pytest.approx(1 / (1 + np.exp(-3)))


def test_cells_that_touch_over_a_corner_are_one_region() -> None:
    logits = empty()
    for i in range(5, 10):
        logits[0, i, i] = 2
    assert len(find(logits)) == 1


def test_boxes_of_one_kind_that_overlap_are_joined() -> None:
    logits = empty()
    logits[0, 5:15, 5] = logits[0, 14, 5:15] = 2
    logits[0, 8, 8:10] = 3
    assert len(find(logits)) == 1


def test_boxes_of_two_kinds_may_overlap() -> None:
    logits = empty()
    logits[:, 5:9, 5:9] = 2
    assert {region.kind for region in find(logits)} == set(KINDS)


def test_patches_far_apart_are_two_regions_the_surest_first() -> None:
    logits = empty()
    logits[0, 2:4, 2:4] = 1
    logits[0, 20:24, 20:24] = 4
    first, second = find(logits)
    assert first.box.x0 > second.box.x1
    assert first.prob > second.prob


def test_at_most_16_regions_of_a_kind_are_kept_and_they_are_the_surest() -> None:
    logits = empty()
    levels = np.linspace(1, 5, 49).reshape(7, 7)
    logits[0, ::4, ::4] = levels
    regions = find(logits)
    assert len(regions) == MAX_REGIONS
    assert min(region.prob for region in regions) == pytest.approx(1 / (1 + np.exp(-np.sort(levels.ravel())[-16])))


def test_each_kind_has_its_own_threshold() -> None:
    logits = np.zeros((2, SIDE, SIDE), np.float32)
    regions = region_boxes(logits, KINDS, {RegionKind.WEAPONS: 0.6, RegionKind.FIRE: 0.4})
    assert [region.kind for region in regions] == [RegionKind.FIRE]


def test_a_map_full_of_marks_is_the_whole_picture() -> None:
    logits = empty()
    logits[0] = 1
    assert find(logits)[0].box.area == 1.0


def test_a_cell_that_is_not_a_number_marks_nothing() -> None:
    logits = empty()
    logits[0, 3] = np.nan
    assert find(logits) == []


def test_infinity_is_certainty() -> None:
    logits = empty()
    logits[0, 3, 3] = np.inf
    assert find(logits)[0].prob == 1.0


def covered(region: Region, side: int) -> np.ndarray:
    middles = (np.arange(side) + 0.5) / side
    rows = (region.box.y0 < middles) & (middles < region.box.y1)
    columns = (region.box.x0 < middles) & (middles < region.box.x1)
    return np.outer(rows, columns)


@settings(deadline=None)
@given(MAPS)
def test_boxes_of_a_kind_never_overlap(logits: np.ndarray) -> None:
    for kind in KINDS:
        layers = [covered(one, 12) for one in find(logits) if one.kind is kind]
        assert not layers or np.sum(layers, axis=0).max() == 1


@settings(deadline=None)
@given(MAPS)
def test_every_marked_cell_is_in_a_box_while_there_are_few(logits: np.ndarray) -> None:
    regions = find(logits)
    for channel, kind in enumerate(KINDS):
        boxes = [covered(one, 12) for one in regions if one.kind is kind]
        if len(boxes) < MAX_REGIONS:
            inside = np.any(boxes, axis=0) if boxes else np.zeros((12, 12), bool)
            assert inside[logits[channel] >= 0].all()


@settings(deadline=None)
@given(MAPS, st.integers(0, 3))
def test_turning_the_map_turns_the_boxes(logits: np.ndarray, n_turns: int) -> None:
    turned = find(np.ascontiguousarray(np.rot90(logits, n_turns, axes=(1, 2))))
    expected = [np.rot90(covered(one, 12), n_turns) for one in find(logits)]
    key = bytes
    assert sorted((covered(one, 12).tobytes() for one in turned), key=key) == sorted(
        (one.tobytes() for one in expected), key=key
    )
