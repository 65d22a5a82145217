"""The export of an image model, from a module to a verified bundle. Every step can stop it; nothing half-made stays."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from torch import nn

from models.contracts.bundle import ImageManifest, OperatingPoint, Quantization
from models.export.errors import ExportError
from models.export.measurement import CategoryMeasurement, macro_pr_auc, macro_pr_auc_lost, measure_categories
from models.export.parity import Readout
from models.export.scoring import Report, silent
from models.export.vision.card import ImageCardFacts, ImageEvaluation, PictureSource, write_image_card
from models.export.vision.conversion import OPSET, convert_image
from models.export.vision.int8 import ImageScheme, image_to_int8
from models.export.vision.parity import (
    ImageModels,
    ImageParity,
    ImageParityLimits,
    measure_image_parity,
    require_image_parity,
    spread_rows,
)
from models.export.vision.running import batched_run, onnx_run, torch_run
from models.export.vision.tables import LabelledPictures, Tables, TableSource, method_names
from models.export.writing import replaced_folder, write_manifest, write_tables
from models.runtime.bundle import MODEL_FILE, ImageBundle, load_image_bundle
from models.runtime.calibration import BatchCalibration, batch_calibration
from models.runtime.classifier import open_session
from models.runtime.vision.classifier import Float32s, Pixels, open_image_classifier

FLOAT_FILE: Final = "float.onnx"


@dataclass(frozen=True)
class ImageExportRequest:
    """What to export, and how.

    Attributes:
        module: trained; takes uint8 `(n, s, s, 3)`, gives logits, regions, embedding and features.
        out: the bundle's folder; a bundle that is there is replaced.
        manifest: what the bundle says of itself; its quantization, opset and files are filled in here, and what is
            measured here joins its metrics.
        range_pixels: training pictures that set activation ranges. *Shape:* `(n, s, s, 3)`, about 160 of them.
        held_out: pictures that quantization is measured on, and the card's first table.
        tables: calibration and thresholds, given or fitted to the logits of the int8 model.
        evaluation: for the card.
        sources: for the card.
        scheme: of quantization.
        limits: of the parity gates.

    """

    module: nn.Module
    out: Path
    manifest: ImageManifest
    range_pixels: Pixels
    held_out: LabelledPictures
    tables: TableSource
    evaluation: ImageEvaluation
    sources: tuple[PictureSource, ...]
    scheme: ImageScheme = field(default_factory=ImageScheme)
    limits: ImageParityLimits = field(default_factory=ImageParityLimits)


@dataclass(frozen=True)
class ExportedImage:
    """A bundle that passed every gate, and what was measured on the way."""

    bundle: ImageBundle
    parity: ImageParity
    measurements: tuple[CategoryMeasurement, ...]


@dataclass(frozen=True)
class _Candidate:
    """The int8 model, beside the forms it came from."""

    int8: onnx.ModelProto
    models: ImageModels
    tables: Tables
    calibration: BatchCalibration


def export_image(request: ImageExportRequest, report: Report = silent) -> ExportedImage:
    """Convert, quantize, calibrate, check and write an image bundle.

    Raises:
        ExportError: pictures of another size, or `out` is taken.
        ParityError: a gate failed; no bundle is written.
        BundleInvalidError: the module does not give what the manifest says.

    """
    _require_pictures(request)
    with replaced_folder(request.out) as folder:
        candidate = _candidate(request, folder.parent, report)
        parity, measurements = _measured(request, candidate, report)
        require_image_parity(parity, request.limits)
        onnx.save(candidate.int8, str(folder / MODEL_FILE))
        write_tables(folder, candidate.tables.calibration, candidate.tables.thresholds)
        manifest = _manifest(request, parity, measurements)
        facts = ImageCardFacts(
            manifest=manifest,
            thresholds=candidate.tables.thresholds,
            calibration_methods=method_names(candidate.tables.calibration),
            n_held_out=len(request.held_out),
            measurements=measurements,
            evaluation=request.evaluation,
            parity=parity,
            sources=request.sources,
        )
        write_manifest(folder, manifest, write_image_card(facts))
        open_image_classifier(load_image_bundle(folder))
    return ExportedImage(load_image_bundle(request.out), parity, measurements)


def _require_pictures(request: ImageExportRequest) -> None:
    side = request.manifest.geometry.side
    for name, pixels in (("range", request.range_pixels), ("held-out", request.held_out.pixels)):
        if len(pixels) == 0 or pixels.dtype != np.uint8 or pixels.shape[1:] != (side, side, 3):
            raise ExportError(f"{name} pictures are uint8 (n, {side}, {side}, 3), n > 0, not {pixels.shape}")


def _candidate(request: ImageExportRequest, scratch: Path, report: Report) -> _Candidate:
    report("convert", 0, 1)
    convert_image(request.module, request.manifest.geometry.side, scratch / FLOAT_FILE)
    report("convert", 1, 1)
    report("quantize", 0, 1)
    int8 = image_to_int8(scratch / FLOAT_FILE, request.range_pixels, request.scheme)
    onnx.save(int8, str(scratch / MODEL_FILE))
    report("quantize", 1, 1)
    models = ImageModels(
        torch=torch_run(request.module),
        float_onnx=onnx_run(open_session(str(scratch / FLOAT_FILE))),
        int8=onnx_run(open_session(str(scratch / MODEL_FILE))),
    )
    tables = request.tables(lambda pixels: batched_run(models.int8, pixels)["logits"])
    maps = [tables.calibration.categories[label] for label in request.manifest.labels]
    return _Candidate(int8, models, tables, batch_calibration(maps))


def _measured(
    request: ImageExportRequest, candidate: _Candidate, report: Report
) -> tuple[ImageParity, tuple[CategoryMeasurement, ...]]:
    pictures, labels = request.held_out, request.manifest.labels
    exact = batched_run(candidate.models.float_onnx, pictures.pixels, stage="compare with float", report=report)
    int8 = batched_run(candidate.models.int8, pictures.pixels, stage="measure", report=report)["logits"]
    lost = macro_pr_auc_lost(exact["logits"], int8, pictures.labels, labels)
    rows = spread_rows(len(pictures))
    parity = measure_image_parity(candidate.models, pictures.pixels[rows], _readout(request, candidate), lost)
    probs: Float32s = candidate.calibration.apply(int8)
    return parity, measure_categories(int8, probs, pictures.labels, labels)


def _readout(request: ImageExportRequest, candidate: _Candidate) -> Readout:
    points = candidate.tables.thresholds.categories
    balanced = np.array([points[label][OperatingPoint.BALANCED] for label in request.manifest.labels], dtype=np.float32)
    return Readout(candidate.calibration, balanced)


def _manifest(
    request: ImageExportRequest, parity: ImageParity, measurements: tuple[CategoryMeasurement, ...]
) -> ImageManifest:
    macro = macro_pr_auc(measurements)
    measured = {
        "parity_highest_score_difference": parity.scores.int8.highest,
        "parity_mean_score_difference": parity.scores.int8.mean,
        "parity_batch_difference": parity.scores.batch_difference,
        "parity_embedding_cosine": parity.embedding_cosine,
        **({} if macro is None else {"held_out_macro_pr_auc": macro}),
        **{f"held_out_pr_auc/{one.category}": one.pr_auc for one in measurements},
    }
    lost = parity.scores.macro_pr_auc_lost or 0.0
    changes = {
        "quantization": Quantization(scheme=request.scheme.name, macro_pr_auc_lost=lost),
        "opset": OPSET,
        "metrics": {**request.manifest.metrics, **measured},
    }
    return request.manifest.model_copy(update=changes)
