import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from models.runtime.bundle import (
    BundleCorruptError,
    BundleInvalidError,
    BundleNotFoundError,
    load_text_bundle,
)
from models.runtime.classifier import open_classifier


def rewrite_manifest(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest.update(changes)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_bundle_is_named_by_the_digest_of_its_manifest(tiny_bundle: Path) -> None:
    expected = hashlib.sha256((tiny_bundle / "manifest.json").read_bytes()).hexdigest()
    assert load_text_bundle(tiny_bundle).reference.digest == expected


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFoundError, match="nowhere"):
        load_text_bundle(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "calibration.json", "thresholds.json"])
def test_a_missing_file_is_named(make_bundle: Callable[..., Path], name: str) -> None:
    folder = make_bundle()
    (folder / name).unlink()
    with pytest.raises(BundleNotFoundError, match=name):
        load_text_bundle(folder)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "calibration.json", "thresholds.json"])
def test_one_changed_byte_is_noticed(make_bundle: Callable[..., Path], name: str) -> None:
    folder = make_bundle()
    raw = bytearray((folder / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / name).write_bytes(raw)
    with pytest.raises(BundleCorruptError, match=name):
        load_text_bundle(folder)


def test_a_manifest_without_the_model_is_refused(make_bundle: Callable[..., Path]) -> None:
    folder = make_bundle()
    rewrite_manifest(folder, files={})
    with pytest.raises(BundleInvalidError, match=r"model\.onnx"):
        load_text_bundle(folder)


def test_a_manifest_cannot_point_outside_its_folder(make_bundle: Callable[..., Path]) -> None:
    folder = make_bundle()
    files = json.loads((folder / "manifest.json").read_text())["files"]
    rewrite_manifest(folder, files={**files, "../secret": "0" * 64})
    with pytest.raises(BundleInvalidError, match="folder"):
        load_text_bundle(folder)


def test_a_manifest_of_an_unknown_format_is_refused(make_bundle: Callable[..., Path]) -> None:
    folder = make_bundle()
    rewrite_manifest(folder, format=2)
    with pytest.raises(BundleInvalidError, match=r"manifest\.json"):
        load_text_bundle(folder)


def test_tables_must_cover_the_labels(make_bundle: Callable[..., Path]) -> None:
    folder = make_bundle()
    rewrite_manifest(folder, labels=["hate", "toxicity"])
    with pytest.raises(BundleInvalidError, match="labels"):
        load_text_bundle(folder)


def test_a_model_with_too_few_columns_is_refused(make_bundle: Callable[..., Path]) -> None:
    with pytest.raises(BundleInvalidError, match="column"):
        open_classifier(load_text_bundle(make_bundle(n_outputs=3)))


def test_a_model_that_is_not_onnx_is_refused(make_bundle: Callable[..., Path]) -> None:
    folder = make_bundle()
    (folder / "model.onnx").write_bytes(b"not a model")
    digest = hashlib.sha256(b"not a model").hexdigest()
    files = json.loads((folder / "manifest.json").read_text())["files"]
    rewrite_manifest(folder, files={**files, "model.onnx": digest})
    with pytest.raises(BundleInvalidError, match="onnxruntime"):
        open_classifier(load_text_bundle(folder))
