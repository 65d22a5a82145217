import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from typer.testing import CliRunner

from models.contracts import CalibrationTable, Category, OperatingPoint, PlattCalibration, RegionKind, ThresholdTable
from models.data.examples import Split
from models.data.images.labels import PictureLabel, encode
from models.data.images.pictures import Kind, Picture
from models.data.images.store import PlacedPicture, load_pictures, write_pictures
from models.evaluation.pictures.assessment import AlarmRow, Assessment, GateRow, PlaceRow, UnseenRow
from models.evaluation.results import Estimate
from models.export.errors import ExportError
from models.export.vision.trained import (
    TrainedImage,
    evaluation_of,
    export_trained,
    held_out_rows,
    range_rows,
    sources_of,
)
from models.runtime.bundle import load_image_bundle
from models.runtime.vision.classifier import open_image_classifier
from models.training.vision.checkpoint import save_vision
from models.training.vision.config import VisionConfig
from models.training.vision.encoder import load_image_encoder
from models.training.vision.model import VisionModel
from models.training.vision.run import PictureSet
from scripts.commands.export import export_image

DIGEST = "c" * 64
HALF = Estimate(value=0.5, low=0.4, high=0.6)
KINDS = (RegionKind.WEAPONS, RegionKind.FIRE)
CONFIG = VisionConfig(name="image", auxiliary_labels=("text",), region_kinds=tuple(kind.value for kind in KINDS))


def make_assessment() -> Assessment:
    points = dict(zip(OperatingPoint, (0.999, 0.9, 0.2), strict=True))
    categories = [Category(name) for name in CONFIG.labels]
    unseen = [
        UnseenRow(
            system=system,
            category=category,
            source="all",
            n_positives=1200,
            n_ordinary=34,
            roc_auc=HALF,
            pr_auc=HALF.model_copy(update={"value": value}),
            recall=HALF,
            false_alarms=HALF,
        )
        for system, value in (("weir", 0.51), ("frozen", 0.41))
        for category in categories
    ]
    return Assessment(
        unseen=tuple(unseen),
        alarms=(AlarmRow(system="weir", source="grocery", share=HALF),),
        places=(
            PlaceRow(
                kind=RegionKind.FIRE, threshold=0.5, covered=0.7, area_covered=0.6, blurred=0.1, n_boxes=9, nested=True
            ),
        ),
        gate=(
            GateRow(
                source="memes", unseen=True, n_with_text=7, n_without_text=0, read_with_text=0.9, read_without_text=0.0
            ),
        ),
        calibration=CalibrationTable(
            categories=dict.fromkeys(categories, PlattCalibration(method="platt", scale=1.2, shift=-0.4))
        ),
        thresholds=ThresholdTable(categories={category: dict(points) for category in categories}),
        region_thresholds=dict.fromkeys(KINDS, 0.4),
        text_gate=0.1,
    )


def write_set(folder: Path) -> PictureSet:
    """Thirty coloured pictures of every split and kind, drawn into the build folder."""
    random = np.random.default_rng(0)
    placed = []
    for number in range(30):
        cells = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(cells).resize((120, 90), Image.Resampling.BICUBIC).save(folder / f"{number:03}.jpg")
        kind = Kind.CROP if number % 10 == 0 else Kind.RENDERED
        marks = {PictureLabel.WEAPONS: number % 2, PictureLabel.FIRE: 0, PictureLabel.TEXT: 0}
        picture = Picture(
            id=f"{number:03}",
            path=f"{number:03}.jpg",
            source="rendered",
            family="",
            kind=kind,
            labels=encode(marks),
            regions={},
            boxes=(),
            width=120,
            height=90,
            licence="CC0-1.0",
        )
        split = Split.TEST if number % 3 == 0 else Split.TRAIN
        placed.append(PlacedPicture(picture, "d" * 64, split, number))
    write_pictures(folder, placed)
    (folder / "labels.csv").write_text("")
    (folder / "report.json").write_text(json.dumps({"digest": DIGEST}))
    return PictureSet(load_pictures(folder), folder, folder, DIGEST)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedImage:
    root = tmp_path_factory.mktemp("image")
    (root / "set").mkdir()
    torch.manual_seed(0)
    model = VisionModel(load_image_encoder(), (*CONFIG.labels, "text"), CONFIG.region_kinds)
    save_vision(model, root / "run" / "finished", CONFIG, DIGEST)
    (root / "run" / "assessment.json").write_text(make_assessment().model_dump_json())
    return TrainedImage(
        run_dir=root / "run",
        config=CONFIG,
        data=write_set(root / "set"),
        out=root / "image-lite0",
        name="image-lite0",
        version="0.1.0",
        created_on=date(2026, 1, 1),
        copy_distance=0.07,
    )


@pytest.mark.slow
def test_a_run_becomes_a_bundle_with_the_tables_of_its_assessment(trained: TrainedImage) -> None:
    exported = export_trained(trained)
    bundle, assessment = load_image_bundle(trained.out), make_assessment()
    assert open_image_classifier(bundle).labels == (Category.WEAPONS, Category.FIRE)
    assert bundle.calibration == assessment.calibration
    assert bundle.thresholds == assessment.thresholds
    assert bundle.manifest.region_thresholds == assessment.region_thresholds
    assert (bundle.manifest.text_gate, bundle.manifest.embedding_threshold) == (0.1, 0.07)
    assert bundle.manifest.metrics["unseen_pr_auc/weapons"] == 0.51
    assert exported.parity.scores.batch_difference == 0.0
    assert "unseen source" in (trained.out / "CARD.md").read_text()


def test_ranges_and_held_out_rows_share_no_picture(trained: TrainedImage) -> None:
    pictures = trained.data.pictures
    ranges, held_out = range_rows(pictures), held_out_rows(pictures)
    assert set(pictures.splits[ranges]) == {Split.TRAIN}
    assert set(pictures.splits[held_out]) == {Split.TEST}
    assert Kind.CROP not in set(pictures.kinds[np.concatenate([ranges, held_out])])


def test_the_card_names_sets_as_their_registry_does(trained: TrainedImage) -> None:
    sources = sources_of(trained.data.pictures)
    assert [(one.id, one.n_pictures) for one in sources] == [("rendered", 20)]
    assert sources[0].licence


def test_what_the_rounds_found_becomes_sections() -> None:
    bodies = {one.title: one.body for one in evaluation_of(make_assessment()).sections}
    assert "| fire | all | weir | 1,200 / 34 |" in bodies["Sources it had never seen"]
    assert "grocery" in bodies["False alarms on ordinary photographs"]


def test_another_set_is_refused(trained: TrainedImage, tmp_path: Path) -> None:
    other = replace(trained.data, digest="e" * 64)
    with pytest.raises(ExportError, match="another set"):
        export_trained(replace(trained, data=other, out=tmp_path / "out"))


def test_a_run_that_was_not_assessed_is_refused(trained: TrainedImage, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="weir evaluate-image"):
        export_trained(replace(trained, run_dir=tmp_path, out=tmp_path / "out"))


def test_an_assessment_of_another_version_is_refused(trained: TrainedImage, tmp_path: Path) -> None:
    (tmp_path / "assessment.json").write_text("{}")
    with pytest.raises(ExportError, match="make it again"):
        export_trained(replace(trained, run_dir=tmp_path, out=tmp_path / "out"))


def test_a_run_that_is_not_finished_is_refused(trained: TrainedImage, tmp_path: Path) -> None:
    (tmp_path / "assessment.json").write_text(make_assessment().model_dump_json())
    with pytest.raises(ExportError, match="weir train image"):
        export_trained(replace(trained, run_dir=tmp_path, out=tmp_path / "out"))


def test_a_set_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(export_image)
    arguments = ["--mirror", str(tmp_path), "--data", str(tmp_path), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "weir data build-images" in result.output
    assert not (tmp_path / "out").exists()
