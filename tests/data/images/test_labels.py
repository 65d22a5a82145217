from hypothesis import given
from hypothesis import strategies as st

from models.data.images.labels import PICTURE_LABELS, PictureLabel, close, encode
from models.data.labels import NO, UNKNOWN, YES

MARKS = st.dictionaries(st.sampled_from(PICTURE_LABELS), st.sampled_from((YES, NO, UNKNOWN)))


def test_smoke_is_fire():
    assert close({PictureLabel.SMOKE: YES})[PictureLabel.FIRE] == YES


def test_a_picture_without_weapons_has_none_of_their_kinds():
    closed = close({PictureLabel.WEAPONS: NO})
    assert {closed[kind] for kind in (PictureLabel.HANDGUN, PictureLabel.KNIFE, PictureLabel.LONG_GUN)} == {NO}


def test_a_weapon_of_unnamed_kind_leaves_the_kinds_unknown():
    assert PictureLabel.KNIFE not in close({PictureLabel.WEAPONS: YES})


@given(MARKS)
def test_closing_twice_changes_nothing(marks):
    assert close(close(marks)) == close(marks)


@given(MARKS)
def test_no_row_shows_a_kind_of_weapon_without_a_weapon(marks):
    row = dict(zip(PICTURE_LABELS, encode(marks), strict=True))
    kinds = (PictureLabel.HANDGUN, PictureLabel.KNIFE, PictureLabel.LONG_GUN)
    assert row[PictureLabel.WEAPONS] == YES or YES not in {row[kind] for kind in kinds}
