"""Adaptation: a foreign image classifier to an image bundle that Weir serves beside its own.

For harms that Weir's own model knows nothing of (sexual imagery, gore), by teams that have a classifier for them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from pydantic import ValidationError

from models.contracts.bundle import (
    CalibrationTable,
    Encoder,
    Geometry,
    ImageManifest,
    OperatingPoint,
    PlattCalibration,
    Quantization,
    ThresholdTable,
)
from models.contracts.taxonomy import Category, Modality
from models.export.errors import ExportError, ParityError
from models.export.measurement import CategoryMeasurement, measure_categories
from models.export.parity import failed_gates
from models.export.vision.adapted_card import AdaptedFacts, write_adapted_card
from models.export.vision.foreign import ForeignModel, only_input, only_output
from models.export.vision.labelled import read_labelled_pictures
from models.export.vision.parity import batch_difference, extreme_pixels
from models.export.vision.running import ImageRun, batched_run, onnx_run
from models.export.vision.tables import LabelledPictures, Tables, fitted_tables, method_names
from models.export.vision.wrapping import Columns, Ends, Layout, OutputKind, Preprocessing, wrap
from models.export.writing import replaced_folder, write_manifest, write_tables
from models.runtime.bundle import MODEL_FILE, BundleInvalidError, ImageBundle, file_digest, load_image_bundle
from models.runtime.calibration import batch_calibration, sigmoid
from models.runtime.classifier import open_session
from models.runtime.vision.classifier import Float32s, ImageOutputs, Pixels, open_image_classifier

MAX_BATCH_DIFFERENCE: Final = 1e-4
"""In probability: what a text bundle is held to as well."""
NO_DATASET: Final = hashlib.sha256(b"").hexdigest()
"""The digest of nothing: nobody told which pictures the foreign model was trained on."""
CONVENTION: Final = {OperatingPoint.RECALL: 0.1, OperatingPoint.BALANCED: 0.5, OperatingPoint.PRECISION: 0.9}
"""Thresholds of a model whose probabilities nobody has checked: no prices can be put on them."""


@dataclass(frozen=True)
class AdaptRequest:
    """What to adapt, and how.

    Attributes:
        model: the classifier.
        preprocessing: how it wants its pixels.
        kind: what its output is.
        classes: names of its output columns; None when they have none.
        labels: the category that a class means; a class is a name or the number of its column.
        out: the bundle's folder; a bundle that is there is replaced.
        name, version: of the bundle.
        licence: of the model, as its origin states it.
        created_on: goes into the manifest.
        labelled: a list of labelled pictures to calibrate on; None keeps the classifier's own probabilities.

    """

    model: ForeignModel
    preprocessing: Preprocessing
    kind: OutputKind
    classes: tuple[str, ...] | None
    labels: Mapping[str, Category]
    out: Path
    name: str
    version: str
    licence: str
    created_on: date
    labelled: Path | None = None


@dataclass(frozen=True)
class Adapted:
    """The bundle, and what was measured on the labelled pictures, if there were any."""

    bundle: ImageBundle
    measurements: tuple[CategoryMeasurement, ...]


def adapt_image(request: AdaptRequest) -> Adapted:
    """Wrap, check, calibrate and write.

    Raises:
        ExportError: the model, the labels or the labelled pictures do not fit.
        ParityError: a score depends on its batch, or is not finite. Nothing is written.

    """
    wrapped, columns = _wrapped(request)
    labels = tuple(columns)
    pictures = (
        read_labelled_pictures(request.labelled, labels, request.preprocessing.side) if request.labelled else None
    )
    with replaced_folder(request.out) as folder:
        onnx.save(wrapped, str(folder / MODEL_FILE))
        run = onnx_run(open_session(str(folder / MODEL_FILE)))
        _require_steady(run, request.preprocessing.side)
        logits = None if pictures is None else batched_run(run, pictures.pixels)["logits"]
        tables = _tables(labels, pictures, logits)
        measurements = _measurements(labels, pictures, logits, tables)
        write_tables(folder, tables.calibration, tables.thresholds)
        manifest = _manifest(request, labels, wrapped)
        facts = AdaptedFacts(
            manifest=manifest,
            thresholds=tables.thresholds,
            calibration_methods=method_names(tables.calibration),
            source_name=request.model.name,
            output_kind=request.kind,
            classes={str(key): value for key, value in request.labels.items()},
            measurements=measurements,
            n_labelled=0 if pictures is None else len(pictures),
        )
        write_manifest(folder, manifest, write_adapted_card(facts))
        open_image_classifier(load_image_bundle(folder))
    return Adapted(load_image_bundle(request.out), measurements)


def columns_of(labels: Mapping[str, Category], classes: Sequence[str] | None, n_columns: int) -> Columns:
    """The output columns that mean each category, in the order the categories were named.

    Raises:
        ExportError: a class is not there, or a category cannot be scored.

    """
    columns: dict[Category, list[int]] = {}
    for name, category in labels.items():
        if category is Category.SEXUAL_MINORS:
            raise ExportError(f"{category} is never scored")
        columns.setdefault(category, []).append(_column(name, classes, n_columns))
    if not columns:
        raise ExportError("no class is given a category; see --labels")
    return columns


def _column(name: str, classes: Sequence[str] | None, n_columns: int) -> int:
    if classes is not None and len(classes) != n_columns:
        raise ExportError(f"{len(classes)} class names for {n_columns} output columns")
    if classes is not None and name in classes:
        return list(classes).index(name)
    if name.isdecimal() and int(name) < n_columns:
        return int(name)
    known = ", ".join(classes) if classes is not None else f"0 to {n_columns - 1}; name them with --classes"
    raise ExportError(f"the model has no class {name}; it has {known}")


def _wrapped(request: AdaptRequest) -> tuple[onnx.ModelProto, Columns]:
    model, preprocessing = _load(request.model.path), request.preprocessing
    entry = only_input(model, preprocessing.side, is_nchw=preprocessing.layout is Layout.NCHW)
    output = only_output(model)
    values = _source_values(request.model.path, entry, output, preprocessing)
    _require_kind(values, request.kind)
    ends = Ends(entry, output, values.shape[1])
    columns = columns_of(request.labels, request.classes, ends.n_columns)
    if request.kind.is_exclusive and any(len(set(indices)) == ends.n_columns for indices in columns.values()):
        raise ExportError("every class means the same category; of classes that exclude each other one must not")
    return wrap(model, ends, preprocessing, columns, request.kind), columns


def _load(path: Path) -> onnx.ModelProto:
    try:
        return onnx.load(str(path))
    except Exception as error:  # protobuf's and onnx's errors have no common base
        raise ExportError(f"{path}: not an ONNX model ({type(error).__name__})") from error


def _source_values(path: Path, entry: str, output: str, preprocessing: Preprocessing) -> Float32s:
    """What the classifier itself gives for extreme pictures, normalised as it wants them. *Shape:* `(n, n_columns)`."""
    pixels = extreme_pixels(preprocessing.side) / 255.0
    inputs = ((pixels - np.array(preprocessing.mean)) / np.array(preprocessing.std)).astype(np.float32)
    if preprocessing.layout is Layout.NCHW:
        inputs = np.ascontiguousarray(inputs.transpose(0, 3, 1, 2))
    try:
        values = np.asarray(open_session(str(path)).run([output], {entry: inputs})[0], dtype=np.float32)
    except BundleInvalidError as error:
        raise ExportError(str(error)) from error
    except Exception as error:  # onnxruntime raises its own classes, which have no common base
        raise ExportError(f"the model does not run on {inputs.shape} ({type(error).__name__})") from error
    if values.ndim != 2 or len(values) != len(inputs):  # noqa: PLR2004
        raise ExportError(f"the model gives {values.shape}, not one row of classes a picture")
    return values


def _require_kind(values: Float32s, kind: OutputKind) -> None:
    """Numbers in [0, 1] are taken for probabilities: a softmax over them again would flatten every score."""
    is_probability = bool(((values >= 0.0) & (values <= 1.0)).all())
    if is_probability != kind.is_probability:
        said = "between 0 and 1" if is_probability else f"from {values.min():.2f} to {values.max():.2f}"
        raise ExportError(f"the model's numbers lie {said}, which is not what {kind} means; see --outputs")


def _require_steady(run: ImageRun, side: int) -> None:
    def probabilities(pixels: Pixels) -> ImageOutputs:
        return ImageOutputs(sigmoid(run(pixels).logits).astype(np.float32), None, None, None)

    difference = batch_difference(probabilities, extreme_pixels(side))
    gates = (("a picture alone against in a batch", difference, MAX_BATCH_DIFFERENCE),)
    if failures := failed_gates(gates):
        raise ParityError(failures)


def _tables(labels: tuple[Category, ...], pictures: LabelledPictures | None, logits: Float32s | None) -> Tables:
    if pictures is not None and logits is not None:
        return fitted_tables(pictures, labels)(lambda _pixels: logits)
    maps = {label: PlattCalibration(method="temperature", scale=1.0) for label in labels}
    points = {label: dict(CONVENTION) for label in labels}
    return Tables(CalibrationTable(categories=maps), ThresholdTable(categories=points))


def _measurements(
    labels: tuple[Category, ...], pictures: LabelledPictures | None, logits: Float32s | None, tables: Tables
) -> tuple[CategoryMeasurement, ...]:
    if pictures is None or logits is None:
        return ()
    calibration = batch_calibration([tables.calibration.categories[label] for label in labels])
    return measure_categories(logits, calibration.apply(logits), pictures.labels, labels)


def _manifest(request: AdaptRequest, labels: tuple[Category, ...], wrapped: onnx.ModelProto) -> ImageManifest:
    try:
        return ImageManifest(
            name=request.name,
            version=request.version,
            modality=Modality.IMAGE,
            labels=labels,
            geometry=Geometry(side=request.preprocessing.side, region_side=1),
            opset=next(one.version for one in wrapped.opset_import if one.domain in {"", "ai.onnx"}),
            quantization=Quantization(scheme="as given", macro_pr_auc_lost=0.0),
            encoder=Encoder(name=request.model.name, source="adapted by its operator", licence=request.licence),
            files={},
            dataset_digest=file_digest(request.labelled) if request.labelled else NO_DATASET,
            checkpoint_digest=file_digest(request.model.path),
            created_on=request.created_on.isoformat(),
        )
    except ValidationError as error:
        raise ExportError(f"--name, --version or --side: {'; '.join(one['msg'] for one in error.errors())}") from error
