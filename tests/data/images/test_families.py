import pytest

from models.data.images.families import STAGED, family, kin, stem

COPY = "rf.0123456789abcdef0123456789abcde"


def test_augmented_copies_share_their_stem():
    assert stem(f"f/train/Fire-2-_jpg.{COPY}0.jpg") == stem(f"f/train/Fire-2-_jpg.{COPY}1.jpg") == "Fire-2-"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Fire-506-_jpg", "Fire-"),
        ("Smoke-12-_jpg", "Smoke-"),
        ("images670_jpg", "images"),
        ("1502_png_jpg", "number"),
        ("fire-8091-29266324_png_jpg", "fire-clip"),
        ("fire_0552_jpg", "fire_"),
        ("95_18_9_41_71_54_22_24_85__png_jpg", "augmented"),
        ("canada-wildfire_jpg", "other"),
    ],
)
def test_fire_families_are_read_from_file_names(name, expected):
    assert family("fire_forest", f"f/train/images/{name}.{COPY}0.jpg", "fire_smoke:fire") == expected


def test_numbered_weapons_fall_into_blocks_of_a_thousand():
    assert family("weapon_ahmed17k", "w/images/02581.jpg", "weapon:long_gun") == "block-02"


def test_staged_scenes_are_one_family_and_one_group():
    assert family("weapon_ahmed17k", "w/images/01226.jpg", "weapon:knife") == STAGED
    assert kin("weapon_ahmed17k", "w/images/01226.jpg", "weapon:knife") == "weapon_ahmed17k:staged"


def test_frames_of_one_drive_are_kin():
    names = [f"p/dayride_type1_001.mp4#t={second}.jpg" for second in (3, 1132)]
    assert len({kin("plates_romania", name, "benign") for name in names}) == 1


def test_kin_never_shows_the_name_of_a_person():
    name = f"faces/train/images/0_0_somebody_0069_jpg.{COPY}0.jpg"
    other = f"faces/train/images/0_0_somebody_0070_jpg.{COPY}1.jpg"
    assert kin("faces_darun", name, "benign") == kin("faces_darun", other, "benign")
    assert "somebody" not in str(kin("faces_darun", name, "benign"))


def test_a_numbered_file_has_no_kin():
    assert kin("weapon_ahmed17k", "w/images/04156.jpg", "weapon:handgun") is None


def test_imagenet_families_follow_wordnet_numbers():
    assert family("imagenet1000", "i/n02356798_fox_squirrel.jpg", "benign") == "animals"
    assert family("imagenet1000", "i/n04367480_swab.jpg", "benign") == "things"
    assert family("imagenet1000", "i/n09421951_sandbar.jpg", "benign") == "scenes"
