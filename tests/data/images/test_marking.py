from itertools import combinations

import pytest

from models.contracts.evidence import RegionKind
from models.data.images.families import STAGED
from models.data.images.imagenet import imagenet_marks, special_classes
from models.data.images.labels import PictureLabel, close
from models.data.images.marking import Given, marks, regions
from models.data.images.pictures import WHOLE, PictureBox
from models.data.labels import NO, UNKNOWN, YES


def labelled(source, label="benign", family="", name="1", boxes=(), words=""):
    return close(marks(Given(source, family, label, name, boxes, words)))


def test_smoke_alone_is_fire_and_smoke():
    found = labelled("fire_forest", "fire_smoke:smoke")
    assert (found[PictureLabel.FIRE], found[PictureLabel.SMOKE]) == (YES, YES)


def test_fire_without_boxed_smoke_leaves_smoke_unknown():
    found = labelled("fire_forest", "fire_smoke:fire")
    assert found[PictureLabel.FIRE] == YES
    assert PictureLabel.SMOKE not in found


def test_a_kind_of_weapon_that_is_not_boxed_is_absent():
    found = labelled("weapon_ahmed17k", "weapon:handgun+long_gun")
    assert (found[PictureLabel.HANDGUN], found[PictureLabel.LONG_GUN], found[PictureLabel.KNIFE]) == (YES, YES, NO)


def test_staged_scenes_show_a_weapon_of_unknown_kind():
    found = labelled("weapon_ahmed17k", "weapon:knife", family=STAGED)
    assert found[PictureLabel.WEAPONS] == YES
    assert PictureLabel.KNIFE not in found


def test_a_shot_with_flames_says_nothing_about_fire():
    assert PictureLabel.FIRE not in labelled("weapon_ahmed17k", "weapon:handgun", name="02707")


def test_memes_say_nothing_about_weapons_and_fire():
    assert labelled("harmeme", "meme", words="hello") == {PictureLabel.TEXT: YES}


def test_a_meme_without_transcribed_words_says_nothing():
    assert labelled("harmeme", "meme", words="\n") == {}


def test_brand_material_need_not_show_a_drink():
    assert PictureLabel.ALCOHOL not in labelled("alcohol_beer_khoa", "alcohol_branding")


def test_printed_garments_leave_text_unknown():
    assert PictureLabel.TEXT not in labelled("clothing", family="t-shirt")
    assert labelled("clothing", family="dress")[PictureLabel.TEXT] == NO


@pytest.mark.parametrize(
    ("name", "label", "value"),
    [
        ("revolver", PictureLabel.HANDGUN, YES),
        ("assault_rifle", PictureLabel.LONG_GUN, YES),
        ("torch", PictureLabel.FIRE, YES),
        ("tank", PictureLabel.WEAPONS, UNKNOWN),
        ("lighter", PictureLabel.FIRE, UNKNOWN),
        ("steam_locomotive", PictureLabel.SMOKE, UNKNOWN),
        ("wine_bottle", PictureLabel.ALCOHOL, UNKNOWN),
        ("menu", PictureLabel.TEXT, YES),
        ("broom", PictureLabel.WEAPONS, NO),
    ],
)
def test_imagenet_classes_are_labelled_or_masked_by_name(name, label, value):
    assert imagenet_marks(name, "things")[label] == value


def test_every_reason_names_classes_and_only_dangerous_ones_share_them():
    shared = {name for one, other in combinations(special_classes().values(), 2) for name in one & other}
    assert shared == {"missile", "projectile", "cannon"}


def test_boxes_of_weapons_make_their_region_complete_and_fire_absent():
    box = PictureBox("handgun", WHOLE)
    given = Given("cognigun", "", "weapon:handgun", "1", (box,))
    assert regions(given, marks(given)) == {RegionKind.WEAPONS: YES, RegionKind.FIRE: NO}


def test_a_weapon_without_a_box_leaves_its_region_unknown():
    given = Given("weapon_ahmed17k", "", "weapon:knife", "1")
    assert RegionKind.WEAPONS not in regions(given, marks(given))
