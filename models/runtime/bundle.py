"""Bundles on disk: read one, and prove that it is the one that was built."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from models.contracts.base import Value
from models.contracts.bundle import (
    AnyManifest,
    BundleManifest,
    CalibrationTable,
    ImageManifest,
    JointManifest,
    TextManifest,
    ThresholdTable,
)
from models.contracts.decision import BundleReference

MODEL_FILE: Final = "model.onnx"
TOKENIZER_FILE: Final = "tokenizer.json"
CALIBRATION_FILE: Final = "calibration.json"
THRESHOLDS_FILE: Final = "thresholds.json"
MANIFEST_FILE: Final = "manifest.json"
CARD_FILE: Final = "CARD.md"
REQUIRED_FILES: Final = (MODEL_FILE, CALIBRATION_FILE, THRESHOLDS_FILE)

_AnyValue = TypeVar("_AnyValue", bound=Value)
_Manifest = TypeVar("_Manifest", bound=BundleManifest)
_MANIFEST: Final[TypeAdapter[AnyManifest]] = TypeAdapter(AnyManifest)


class BundleError(Exception):
    """A bundle cannot be used."""


class BundleNotFoundError(BundleError):
    """There is no bundle at the path, or a file is missing from it."""


class BundleInvalidError(BundleError):
    """A file of the bundle does not say what the format asks for."""


class BundleCorruptError(BundleError):
    """A file is not the one the manifest names: its sha256 differs."""


@dataclass(frozen=True)
class Bundle(Generic[_Manifest]):
    """A verified bundle.

    Attributes:
        path: its folder.
        manifest: what it is.
        digest: sha256 of `manifest.json`, which names every other file by digest: one value for all of it.
        calibration: logit to probability, for every label.
        thresholds: operating points, for every label.

    """

    path: Path
    manifest: _Manifest
    digest: str
    calibration: CalibrationTable
    thresholds: ThresholdTable

    @property
    def reference(self) -> BundleReference:
        """How decisions name it."""
        return BundleReference(name=self.manifest.name, version=self.manifest.version, digest=self.digest)


TextBundle = Bundle[TextManifest]
ImageBundle = Bundle[ImageManifest]
JointBundle = Bundle[JointManifest]


def load_text_bundle(path: Path) -> TextBundle:
    """Read and verify the folder of a text bundle. The model is opened by `models.runtime.classifier.open_classifier`.

    Raises:
        BundleNotFoundError: the folder or a file of it is missing.
        BundleInvalidError: a file is malformed, the tables do not cover the labels, or it is another kind of bundle.
        BundleCorruptError: a file's digest is not the manifest's.

    """
    return _load(path, TextManifest)


def load_image_bundle(path: Path) -> ImageBundle:
    """The same for an image bundle, which `models.runtime.vision.classifier.open_image_classifier` opens."""
    return _load(path, ImageManifest)


def load_joint_bundle(path: Path) -> JointBundle:
    """The same for a joint bundle, which `models.runtime.fusion.open_joint_classifier` opens."""
    return _load(path, JointManifest)


def read_manifest(path: Path) -> AnyManifest:
    """The manifest of a bundle folder, of whatever kind; its files are not verified.

    Raises:
        BundleNotFoundError: there is none.
        BundleInvalidError: it is malformed.

    """
    file = path / MANIFEST_FILE
    try:
        return _MANIFEST.validate_json(file.read_bytes())
    except OSError as error:
        raise BundleNotFoundError(f"{file}: cannot be read; is this a bundle folder?") from error
    except ValidationError as error:
        raise BundleInvalidError(f"{file}: {error.error_count()} fields do not fit format 1: {error}") from error


def file_digest(path: Path) -> str:
    """Sha256 of a file, in hex.

    Raises:
        BundleNotFoundError: there is no such file.

    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BundleNotFoundError(f"{path}: cannot be read; is this a bundle folder?") from error


def _verify(path: Path, manifest: BundleManifest) -> None:
    required = {*REQUIRED_FILES, TOKENIZER_FILE} if isinstance(manifest, TextManifest) else {*REQUIRED_FILES}
    missing = sorted(required - set(manifest.files))
    if missing:
        raise BundleInvalidError(f"{path / MANIFEST_FILE}: no digest for {', '.join(missing)}")
    for name, expected in manifest.files.items():
        if Path(name).name != name:
            raise BundleInvalidError(f"{path / MANIFEST_FILE}: a file name holds a folder")
        if file_digest(path / name) != expected:
            raise BundleCorruptError(
                f"{path / name}: its sha256 is not the manifest's; export or fetch the bundle again"
            )


def _load(path: Path, kind: type[_Manifest]) -> Bundle[_Manifest]:
    manifest = read_manifest(path)
    if not isinstance(manifest, kind):
        raise BundleInvalidError(f"{path}: this is a bundle with modality {manifest.modality}, not the kind asked for")
    _verify(path, manifest)
    bundle: Bundle[_Manifest] = Bundle(
        path=path,
        manifest=manifest,
        digest=file_digest(path / MANIFEST_FILE),
        calibration=_read(path / CALIBRATION_FILE, CalibrationTable),
        thresholds=_read(path / THRESHOLDS_FILE, ThresholdTable),
    )
    for name, table in ((CALIBRATION_FILE, bundle.calibration), (THRESHOLDS_FILE, bundle.thresholds)):
        if set(table.categories) != set(manifest.labels):
            raise BundleInvalidError(f"{path / name}: its categories are not the manifest's labels")
    return bundle


def _read(path: Path, kind: type[_AnyValue]) -> _AnyValue:
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BundleNotFoundError(f"{path}: cannot be read; is this a bundle folder?") from error
    except ValidationError as error:
        raise BundleInvalidError(f"{path}: {error.error_count()} fields do not fit format 1: {error}") from error
