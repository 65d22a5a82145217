"""Writing: a bundle folder, whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
from tokenizers import Tokenizer

from models.contracts.bundle import BundleManifest, CalibrationTable, ThresholdTable
from models.export.errors import ExportError
from models.runtime.bundle import (
    CALIBRATION_FILE,
    CARD_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    THRESHOLDS_FILE,
    TOKENIZER_FILE,
    TextBundle,
    file_digest,
)


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of `target` when the block ends well and disappears when it does not.

    Raises:
        ExportError: something that is not a bundle is already at `target`.

    """
    if target.exists() and not (target / MANIFEST_FILE).is_file():
        raise ExportError(f"{target} exists and is not a bundle; choose another --out")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        filled = Path(scratch) / target.name
        filled.mkdir()
        yield filled
        if target.exists():
            target.rename(Path(scratch) / "replaced")
        filled.rename(target)


def copy_bundle(bundle: TextBundle, folder: Path) -> None:
    """Copy the files that a bundle's manifest names."""
    for name in bundle.manifest.files:
        shutil.copyfile(bundle.path / name, folder / name)


def write_model(folder: Path, model: onnx.ModelProto, tokenizer: Tokenizer) -> None:
    """Write the model and its tokeniser, which neither cuts nor pads."""
    onnx.save(model, str(folder / MODEL_FILE))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(folder / TOKENIZER_FILE))


def write_tables(folder: Path, calibration: CalibrationTable, thresholds: ThresholdTable) -> None:
    """Write `calibration.json` and `thresholds.json`."""
    (folder / CALIBRATION_FILE).write_text(calibration.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (folder / THRESHOLDS_FILE).write_text(thresholds.model_dump_json(indent=2) + "\n", encoding="utf-8")


def write_manifest(folder: Path, manifest: BundleManifest, card: str) -> None:
    """Write the card, then the manifest with the digest of every file now in the folder."""
    (folder / CARD_FILE).write_text(card, encoding="utf-8")
    digests = {path.name: file_digest(path) for path in sorted(folder.iterdir())}
    complete = manifest.model_copy(update={"files": digests})
    (folder / MANIFEST_FILE).write_text(complete.model_dump_json(indent=2) + "\n", encoding="utf-8")
