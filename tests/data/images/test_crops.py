from hypothesis import given
from hypothesis import strategies as st

from models.contracts.evidence import RegionKind
from models.data.images.crops import MAX_BACKGROUNDS, MIN_CROP_PX, MIN_GAP, crops
from models.data.images.labels import PICTURE_LABELS, PictureLabel
from models.data.images.pictures import Kind, PictureBox
from models.data.labels import NO, UNKNOWN, YES
from tests.data.images.conftest import photograph

SMALL = PictureBox("knife", (0.1, 0.1, 0.25, 0.25))

MEDIUM = PictureBox("knife", (0.1, 0.1, 0.45, 0.45))


def value(picture, label):
    return picture.labels[PICTURE_LABELS.index(label)]


def named(found, part):
    return [one for one in found if part in one.id]


BOXES = st.builds(
    lambda x, y, w, h: PictureBox("knife", (x, y, min(x + w, 1.0), min(y + h, 1.0))),
    *(st.floats(0, 0.8) for _ in range(2)),
    *(st.floats(0.01, 0.9) for _ in range(2)),
)


@given(st.lists(BOXES, min_size=1, max_size=3), st.integers(0, 3))
def test_no_background_comes_near_a_box(boxes, seed):
    for crop in named(crops(photograph(*boxes, knife=YES), seed), "#background"):
        x0, y0, x1, y1 = crop.crop
        for box in boxes:
            left, top, right, bottom = box.rect
            apart = max(left - x1, x0 - right, top - y1, y0 - bottom)
            assert apart >= MIN_GAP - 1e-3


@given(st.lists(BOXES, min_size=1, max_size=3), st.integers(0, 3))
def test_every_crop_lies_in_its_picture_and_is_large_enough(boxes, seed):
    for crop in crops(photograph(*boxes, knife=YES), seed):
        x0, y0, x1, y1 = crop.crop
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1
        assert min(x1 - x0, y1 - y0) * 200 >= MIN_CROP_PX - 1


@given(st.lists(BOXES, min_size=1, max_size=3))
def test_the_same_seed_cuts_the_same_crops(boxes):
    picture = photograph(*boxes, knife=YES)
    assert list(crops(picture, 1)) == list(crops(picture, 1))


def test_background_of_a_weapon_is_a_no_for_weapons_and_their_kinds():
    found = named(crops(photograph(SMALL, knife=YES, fire=NO), 0), "#background")
    assert 0 < len(found) <= MAX_BACKGROUNDS
    assert {value(crop, PictureLabel.WEAPONS) for crop in found} == {NO}
    assert {value(crop, PictureLabel.KNIFE) for crop in found} == {NO}
    assert {crop.regions[RegionKind.WEAPONS] for crop in found} == {NO}


def test_an_object_crop_holds_its_box_in_its_own_coordinates():
    (crop,) = named(crops(photograph(MEDIUM, knife=YES), 0), "#object")
    x0, y0, x1, y1 = crop.crop
    (box,) = crop.boxes
    assert crop.kind is Kind.CROP
    assert value(crop, PictureLabel.KNIFE) == YES
    assert abs(x0 + box.rect[0] * (x1 - x0) - MEDIUM.rect[0]) < 1e-3
    assert abs(y0 + box.rect[3] * (y1 - y0) - MEDIUM.rect[3]) < 1e-3


def test_a_large_box_is_no_crop_of_its_own():
    assert list(crops(photograph(PictureBox("knife", (0.05, 0.05, 0.95, 0.95)), knife=YES), 0)) == []


def test_fire_whose_smoke_was_not_boxed_gives_no_background():
    fire = PictureBox("fire", (0.1, 0.1, 0.25, 0.25))
    assert named(crops(photograph(fire, fire=YES), 0), "#background") == []


def test_a_kind_that_is_unknown_for_the_whole_stays_unknown_in_its_crop():
    (crop,) = named(crops(photograph(MEDIUM, weapons=YES), 0), "#object")
    assert (value(crop, PictureLabel.WEAPONS), value(crop, PictureLabel.KNIFE)) == (YES, UNKNOWN)


def test_drinks_and_faces_are_not_cropped():
    assert list(crops(photograph(PictureBox("face", SMALL.rect), weapons=NO), 0)) == []
