from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from models.contracts import CalibrationTable, OperatingPoint, PlattCalibration, ThresholdTable
from models.contracts.bundle import ImageManifest
from models.export.errors import ExportError, ParityError
from models.export.vision.card import CardSection, ImageEvaluation, PictureSource
from models.export.vision.parity import ImageParityLimits
from models.export.vision.pipeline import ExportedImage, ImageExportRequest, export_image
from models.export.vision.running import batched_run, torch_run
from models.export.vision.tables import LabelledPictures, fitted_tables, given_tables
from models.runtime.bundle import BundleInvalidError, load_image_bundle
from models.runtime.vision.classifier import Pixels, open_image_classifier

MakePictures = Callable[[int], LabelledPictures]
MakeRequest = Callable[[Path], ImageExportRequest]


@pytest.fixture(scope="module")
def request_for(
    module: nn.Module, pictures: MakePictures, pixels: Callable[[int, int], Pixels], manifest: ImageManifest
) -> MakeRequest:
    evaluation = ImageEvaluation(sections=(CardSection(title="Unseen sources", body="| source | recall |"),))
    return lambda out: ImageExportRequest(
        module=module,
        out=out,
        manifest=manifest,
        range_pixels=pixels(0, 60),
        held_out=pictures(1),
        tables=fitted_tables(pictures(2), manifest.labels),
        evaluation=evaluation,
        sources=(PictureSource(id="shapes", licence="CC0-1.0", n_pictures=60, shows="large shapes"),),
    )


@pytest.fixture(scope="module")
def exported(request_for: MakeRequest, tmp_path_factory: pytest.TempPathFactory) -> ExportedImage:
    return export_image(request_for(tmp_path_factory.mktemp("bundles") / "image-tiny"))


def test_the_bundle_says_what_the_module_says(
    exported: ExportedImage, module: nn.Module, pixels: Callable[[int, int], Pixels]
) -> None:
    shipped = open_image_classifier(load_image_bundle(exported.bundle.path)).infer(pixels(5, 30))
    trained = batched_run(torch_run(module), pixels(5, 30))
    assert np.abs(shipped.logits - trained["logits"]).mean() < 0.1 * trained["logits"].std()
    assert shipped.embedding is not None
    assert (shipped.embedding * trained["embedding"]).sum(axis=1).mean() > 0.99


def test_the_manifest_is_completed(exported: ExportedImage) -> None:
    manifest = exported.bundle.manifest
    assert manifest.opset == 17
    assert manifest.quantization.scheme.startswith("static-int8")
    assert set(manifest.files) == {"model.onnx", "calibration.json", "thresholds.json", "CARD.md"}
    assert {"copies_found", "held_out_macro_pr_auc", "parity_batch_difference"} <= set(manifest.metrics)


def test_a_batch_changes_nothing_at_all(exported: ExportedImage) -> None:
    assert exported.parity.scores.batch_difference == 0.0


@pytest.mark.parametrize(
    "said",
    [
        "| shapes | large shapes | CC0-1.0 | 60 |",
        "## Unseen sources\n\n| source | recall |",
        "Sexual imagery",
        "`face`: found so that they can be blurred",
        "- `sexual`: not applied.",
    ],
)
def test_the_card_says_what_is_known_and_what_is_not(exported: ExportedImage, said: str) -> None:
    assert said in (exported.bundle.path / "CARD.md").read_text()


def test_exporting_twice_gives_the_same_bundle(
    exported: ExportedImage, request_for: MakeRequest, tmp_path: Path
) -> None:
    assert export_image(request_for(tmp_path / "again")).bundle.digest == exported.bundle.digest


def test_given_tables_are_shipped_as_they_are(
    request_for: MakeRequest, manifest: ImageManifest, tmp_path: Path
) -> None:
    maps = dict.fromkeys(manifest.labels, PlattCalibration(method="platt", scale=0.25, shift=-0.5))
    points = {key: dict(zip(OperatingPoint, (0.8, 0.5, 0.2), strict=True)) for key in manifest.labels}
    tables = given_tables(CalibrationTable(categories=maps), ThresholdTable(categories=points))
    bundle = export_image(replace(request_for(tmp_path / "out"), tables=tables)).bundle
    assert bundle.calibration.categories == maps
    assert bundle.thresholds.categories == points


def test_a_failed_gate_leaves_nothing_behind(request_for: MakeRequest, tmp_path: Path) -> None:
    limits = ImageParityLimits(feature_cosine_lost=-1.0)
    with pytest.raises(ParityError, match="feature cosine"):
        export_image(replace(request_for(tmp_path / "out"), limits=limits))
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_that_the_module_does_not_keep_is_refused(
    request_for: MakeRequest, manifest: ImageManifest, tmp_path: Path
) -> None:
    wrong = manifest.model_copy(update={"embedding_size": 99})
    with pytest.raises(BundleInvalidError, match="embedding"):
        export_image(replace(request_for(tmp_path / "out"), manifest=wrong))
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_another_size_are_refused(request_for: MakeRequest, tmp_path: Path) -> None:
    small = np.zeros((4, 16, 16, 3), dtype=np.uint8)
    with pytest.raises(ExportError, match="32"):
        export_image(replace(request_for(tmp_path / "out"), range_pixels=small))
