"""Bundles in a folder: which of them serve together, and what is said when they do not fit."""

import hashlib
from pathlib import Path

import pytest

from models.contracts import AnyManifest
from service.bundles import BundlesError, find_bundles
from tests.service.manifests import image_manifest, joint_manifest, text_manifest


def write(folder: Path, name: str, manifest: AnyManifest) -> str:
    """A folder with this manifest; its digest."""
    (folder / name).mkdir()
    content = manifest.model_dump_json().encode()
    (folder / name / "manifest.json").write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def test_a_text_bundle_alone_serves(tmp_path: Path) -> None:
    write(tmp_path, "t", text_manifest())
    found = find_bundles(tmp_path)
    assert (found.text.name, found.images, found.joint) == ("t", (), None)


def test_a_folder_that_is_a_bundle_is_found(tmp_path: Path) -> None:
    write(tmp_path, "t", text_manifest())
    assert find_bundles(tmp_path / "t").text == tmp_path / "t"


def test_all_kinds_are_found_by_their_manifests(tmp_path: Path) -> None:
    text, image = write(tmp_path, "x", text_manifest()), write(tmp_path, "a", image_manifest())
    write(tmp_path, "b", image_manifest(labels=["sexual"]))
    write(tmp_path, "j", joint_manifest(text_bundle=text, image_bundle=image))
    found = find_bundles(tmp_path)
    assert (found.text.name, [path.name for path in found.images], found.joint) == ("x", ["a", "b"], tmp_path / "j")


def test_without_a_text_bundle_the_message_says_what_to_set(tmp_path: Path) -> None:
    write(tmp_path, "i", image_manifest())
    with pytest.raises(BundlesError, match=r"0 text bundles.*WEIR_BUNDLES"):
        find_bundles(tmp_path)


def test_two_text_bundles_are_one_too_many(tmp_path: Path) -> None:
    write(tmp_path, "t1", text_manifest())
    write(tmp_path, "t2", text_manifest())
    with pytest.raises(BundlesError, match="2 text bundles"):
        find_bundles(tmp_path)


def test_two_image_bundles_for_one_category_are_refused_with_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, "t", text_manifest())
    write(tmp_path, "a", image_manifest(labels=["weapons", "fire"]))
    write(tmp_path, "b", image_manifest(labels=["fire"]))
    with pytest.raises(BundlesError, match=r"/b and .*/a both score fire; move one .* or export it without"):
        find_bundles(tmp_path)


@pytest.mark.parametrize("wrong", ["text_bundle", "image_bundle"])
def test_a_joint_bundle_serves_only_beside_those_it_was_trained_on(tmp_path: Path, wrong: str) -> None:
    digests = {
        "text_bundle": write(tmp_path, "t", text_manifest()),
        "image_bundle": write(tmp_path, "i", image_manifest()),
    }
    write(tmp_path, "j", joint_manifest(**digests | {wrong: "f" * 64}))
    with pytest.raises(BundlesError, match="was trained on"):
        find_bundles(tmp_path)


def test_two_joint_bundles_are_one_too_many(tmp_path: Path) -> None:
    text, image = write(tmp_path, "t", text_manifest()), write(tmp_path, "i", image_manifest())
    for name in ("j1", "j2"):
        write(tmp_path, name, joint_manifest(text_bundle=text, image_bundle=image))
    with pytest.raises(BundlesError, match="2 joint bundles"):
        find_bundles(tmp_path)
