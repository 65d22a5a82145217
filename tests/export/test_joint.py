from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from models.contracts import Category, OperatingPoint
from models.export.errors import ExportError
from models.export.joint import JointExported, JointRequest, export_joint
from models.runtime.bundle import load_joint_bundle
from models.runtime.fusion import open_joint_classifier, require_parts
from models.training.fusion import fusion_logits
from models.training.memes.checkpoint import RunFacts, load_net, run_scores, save_run
from models.training.memes.config import MemesConfig
from models.training.memes.folds import cross_fitted
from models.training.memes.material import Material
from models.training.memes.run import fit_shipped
from models.training.memes.systems import EARLY, LINEAR, systems
from tests.training.memes.conftest import TINY as LEARNING
from tests.training.memes.conftest import make_material

TINY = LEARNING.model_copy(update={"steps": 20})

TEXT = SimpleNamespace(digest="1" * 64, manifest=SimpleNamespace(name="tiny-text", version="0.0.1"))
IMAGE = SimpleNamespace(digest="2" * 64, manifest=SimpleNamespace(name="tiny-image", version="0.0.1"))


def silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


@pytest.fixture(scope="module")
def material() -> Material:
    return make_material()


@pytest.fixture(scope="module")
def run(material: Material, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "memes"
    config = MemesConfig(name="tiny", fusion=TINY)
    held_out = cross_fitted(material.memes, material.ordinary, systems(TINY), 0, silent)
    net = fit_shipped(config, material)
    facts = RunFacts(
        name="tiny",
        text_bundle=TEXT.digest,
        image_bundle=IMAGE.digest,
        dataset_digest=material.digest,
        ships=EARLY,
        n_memes=240,
        n_harmful=int(material.memes.harmful.sum()),
        n_groups=120,
        n_ordinary=40,
        label_disagreement=0.25,
    )
    save_run(folder, net, facts, run_scores(material, held_out))
    return folder


@pytest.fixture(scope="module")
def make_request(run: Path) -> Callable[[Path], JointRequest]:
    def build(out: Path) -> JointRequest:
        return JointRequest(run, out, "joint-tiny", "0.0.1", date(2026, 1, 1), TEXT, IMAGE)  # type: ignore[arg-type]

    return build


@pytest.fixture(scope="module")
def exported(make_request: Callable[[Path], JointRequest], tmp_path_factory: pytest.TempPathFactory) -> JointExported:
    return export_joint(make_request(tmp_path_factory.mktemp("bundles") / "joint-tiny"))


def test_the_bundle_scores_what_the_run_scores(exported: JointExported, run: Path, material: Material) -> None:
    rows = material.memes.read
    given = open_joint_classifier(load_joint_bundle(exported.bundle.path)).infer(rows.text, rows.image_text, rows.image)
    np.testing.assert_allclose(given, fusion_logits(load_net(run), rows), atol=1e-4)


def test_a_run_is_read_back_as_it_was_written(run: Path, material: Material) -> None:
    net = fit_shipped(MemesConfig(name="tiny", fusion=TINY), material)
    np.testing.assert_array_equal(
        fusion_logits(load_net(run), material.memes.read), fusion_logits(net, material.memes.read)
    )


def test_a_linear_network_is_fitted_when_it_ships(material: Material) -> None:
    net = fit_shipped(MemesConfig(name="tiny", ships=LINEAR, fusion=TINY), material)
    assert net.member.product.numel() == 0


def test_what_is_not_a_number_in_any_input_is_none_in_the_score(exported: JointExported, material: Material) -> None:
    joint, rows = open_joint_classifier(exported.bundle), material.memes.read.rows(np.arange(3))
    for name in ("text", "image_text", "image"):
        values = {"text": rows.image_text.copy(), "image_text": rows.image_text.copy(), "image": rows.image.copy()}
        values[name][1] = np.nan
        probs = joint.probabilities(joint.infer(**values))
        assert np.isnan(probs[:, 0]).tolist() == [False, True, False]


def test_the_manifest_names_both_bundles(exported: JointExported) -> None:
    require_parts(exported.bundle, TEXT, IMAGE)  # type: ignore[arg-type]
    assert exported.bundle.manifest.labels == (Category.HARMFUL_MEME,)


def test_the_card_tells_of_the_licence_and_of_false_alarms(exported: JointExported) -> None:
    card = (exported.bundle.path / "CARD.md").read_text(encoding="utf-8")
    assert "carry no licence" in card
    assert f"{exported.measurement.false_in_worst_world[OperatingPoint.BALANCED]:.1%}" in card


def test_the_points_rise(exported: JointExported) -> None:
    points = exported.bundle.thresholds.categories[Category.HARMFUL_MEME]
    assert points[OperatingPoint.RECALL] <= points[OperatingPoint.BALANCED] <= points[OperatingPoint.PRECISION]


def test_exporting_twice_gives_the_same_bundle(
    exported: JointExported, make_request: Callable[[Path], JointRequest], tmp_path: Path
) -> None:
    assert export_joint(make_request(tmp_path / "again")).bundle.digest == exported.bundle.digest


@pytest.mark.parametrize("kind", ["text", "image"])
def test_a_run_on_other_bundles_is_refused(
    make_request: Callable[[Path], JointRequest], tmp_path: Path, kind: str
) -> None:
    other = SimpleNamespace(digest="9" * 64, manifest=None)
    with pytest.raises(ExportError, match=f"on the {kind} bundle"):
        export_joint(replace(make_request(tmp_path / "out"), **{kind: other}))  # type: ignore[arg-type]


def test_a_folder_that_is_no_run_is_refused(make_request: Callable[[Path], JointRequest], tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="weir train memes"):
        export_joint(replace(make_request(tmp_path / "out"), run=tmp_path))
