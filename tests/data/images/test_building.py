import json

import numpy as np
import pytest

from models.data.errors import DataError, MissingFileError
from models.data.images.building import PictureRecipe, build_pictures
from models.data.images.labels import PictureLabel
from models.data.images.mirror import image_root
from models.data.images.reading import read_pixels
from models.data.images.store import content_digest, load_pictures, load_report
from models.data.labels import NO, UNKNOWN, YES
from tests.data.images.conftest import SMALL_AMOUNTS

RECIPE = PictureRecipe(amounts=SMALL_AMOUNTS)


def test_the_same_mirror_and_seed_give_the_same_bytes(built, tmp_path):
    report = build_pictures(built.mirror, tmp_path / "again", RECIPE)
    assert report == built.report
    for path in built.folder.rglob("*.*"):
        assert (tmp_path / "again" / path.relative_to(built.folder)).read_bytes() == path.read_bytes()


def test_another_seed_gives_another_digest(built, tmp_path):
    report = build_pictures(built.mirror, tmp_path / "other", PictureRecipe(seed=1, amounts=SMALL_AMOUNTS))
    assert report.digest != built.report.digest


def test_the_digest_covers_every_drawn_file(built, tmp_path):
    build_pictures(built.mirror, tmp_path / "changed", RECIPE)
    drawn = next((tmp_path / "changed" / "rendered").glob("*.jpg"))
    drawn.write_bytes(drawn.read_bytes() + b"x")
    assert content_digest(tmp_path / "changed") != built.report.digest


def test_no_group_is_in_two_splits(built):
    pairs = set(zip(built.pictures.groups.tolist(), built.pictures.splits.tolist(), strict=True))
    assert len(pairs) == len({group for group, _ in pairs})


def test_a_turned_copy_is_in_the_group_of_its_original(built):
    groups = built.pictures.groups
    assert groups[built.row("weapon/a00")] == groups[built.row("weapon/a90")]


def test_a_turned_copy_of_another_label_masks_what_they_disagree_on(built):
    assert built.label("weapon/a00", PictureLabel.KNIFE) == UNKNOWN
    assert built.label("weapon/a90", PictureLabel.HANDGUN) == UNKNOWN
    assert built.label("weapon/a00", PictureLabel.WEAPONS) == YES
    assert built.report.problems["conflicts"][0]["pictures"] == ["weapon/a00", "weapon/a90"]


def test_augmented_copies_share_a_group(built):
    groups = built.pictures.groups
    assert groups[built.row("fire_smoke/f00")] == groups[built.row("fire_smoke/f01")]


def test_crops_and_captions_stay_with_their_photograph(built):
    pictures = built.pictures
    parts = [index for index, name in enumerate(pictures.ids) if "#" in name]
    assert parts
    for index in parts:
        whole = built.row(pictures.ids[index].partition("#")[0])
        assert pictures.groups[index] == pictures.groups[whole]
        assert pictures.splits[index] == pictures.splits[whole]


def test_captions_show_words_and_keep_the_labels_of_the_photograph(built):
    names = [str(name) for name in built.pictures.ids if name.endswith("#caption")]
    assert len(names) == 6
    for name in names:
        assert built.label(name, PictureLabel.TEXT) == YES
        assert built.label(name, PictureLabel.FIRE) == built.label(name.removesuffix("#caption"), PictureLabel.FIRE)


def test_broken_and_missing_files_are_left_out_and_named(built):
    reasons = {one["path"]: one["reason"] for one in built.report.problems["broken"]}
    assert reasons == {"benign/gone.jpg": "missing", "benign/torn.jpg": "unreadable"}
    assert "benign/torn" not in built.pictures.ids


def test_classes_of_imagenet_are_not_all_negatives(built):
    assert built.label("benign/i_torch", PictureLabel.FIRE) == YES
    assert built.label("benign/i_tank", PictureLabel.WEAPONS) == UNKNOWN
    assert built.label("benign/i_tabby", PictureLabel.WEAPONS) == NO


def test_the_card_names_sets_folds_and_problems(built):
    card = (built.folder / "CARD.md").read_text()
    assert "| weapons:cognigun |" in card
    assert "Broken files: 2." in card
    assert built.report.digest in card


def test_the_report_on_disk_carries_the_digest(built):
    assert load_report(built.folder)["digest"] == built.report.digest == content_digest(built.folder)


def test_pixels_of_a_crop_are_a_part_of_its_file(built):
    pictures = built.pictures
    index = next(i for i, name in enumerate(pictures.ids) if "#background" in name)
    whole = read_pixels(pictures, built.row(pictures.ids[index].partition("#")[0]), built.mirror, built.folder)
    part = read_pixels(pictures, index, built.mirror, built.folder)
    left, top = round(float(pictures.crops[index][0]) * 120), round(float(pictures.crops[index][1]) * 90)
    assert part.shape[0] < whole.shape[0]
    assert np.array_equal(part, whole[top : top + part.shape[0], left : left + part.shape[1]])


def test_drawn_pictures_are_read_from_the_build(built):
    index = built.row("rendered/sky-0000")
    assert read_pixels(built.pictures, index, built.mirror, built.folder).shape == (256, 256, 3)


def test_pictures_may_lie_in_a_folder_of_the_mirror(mirror):
    assert image_root(mirror) == mirror / "image"


def test_a_mirror_without_tables_says_what_it_lacks(tmp_path):
    with pytest.raises(DataError, match=r"labels\.csv"):
        build_pictures(tmp_path, tmp_path / "out", RECIPE)


def test_a_mirror_without_memes_says_so(mirror, tmp_path):
    (mirror / "image" / "memes.jsonl").unlink()
    with pytest.raises(MissingFileError, match=r"memes\.jsonl"):
        build_pictures(mirror, tmp_path / "out", RECIPE)


def test_a_set_that_the_registry_lacks_is_named(mirror, tmp_path):
    with (mirror / "image" / "memes.jsonl").open("a") as lines:
        row = {"file": "memes/m1.jpg", "source": "newcomer", "split": "train", "labels": [], "text": ""}
        lines.write(json.dumps(row) + "\n")
    with pytest.raises(DataError, match="newcomer"):
        build_pictures(mirror, tmp_path / "out", RECIPE)


def test_a_folder_that_holds_something_else_is_not_replaced(built, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="choose another folder"):
        build_pictures(built.mirror, tmp_path / "mine", RECIPE)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_an_empty_folder_says_which_command_fills_it(tmp_path):
    with pytest.raises(DataError, match="build-images"):
        load_pictures(tmp_path)
