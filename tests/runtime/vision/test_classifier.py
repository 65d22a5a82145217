from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from models.contracts import (
    CalibrationTable,
    Category,
    Encoder,
    Modality,
    OperatingPoint,
    PlattCalibration,
    Quantization,
    RegionKind,
    ThresholdTable,
)
from models.contracts.bundle import Geometry, ImageManifest
from models.runtime.bundle import BundleInvalidError, file_digest, load_image_bundle
from models.runtime.vision.classifier import ImageClassifier, open_image_classifier

SIDE, CELLS = 32, 4
LABELS = (Category.WEAPONS, Category.FIRE)
AUXILIARY = ("smoke", "text")
KINDS = (RegionKind.WEAPONS, RegionKind.FIRE)
N_FEATURES = 6
SEEDS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=6)


def write_model(path: Path, *, batch: str | int = "n", n_columns: int = 4, outputs: tuple[str, ...] = ()) -> None:
    """Pixels pooled to cells, one matrix a head: small, and every output depends on every part of the picture."""
    random = np.random.default_rng(0)
    cells = 3 * CELLS * CELLS
    constants = {
        "perm_features": random.normal(size=(cells, N_FEATURES)).astype(np.float32),
        "heads": random.normal(size=(N_FEATURES, n_columns)).astype(np.float32),
        "copy": random.normal(size=(N_FEATURES, 3)).astype(np.float32),
        "places": random.normal(size=(len(KINDS), 3, 1, 1)).astype(np.float32),
        "scale": np.array(128.0, dtype=np.float32),
        "flat": np.array([-1, cells], dtype=np.int64),
    }
    node = helper.make_node
    nodes = [
        node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        node("Div", ["floats", "scale"], ["scaled"]),
        node("Transpose", ["scaled"], ["channels"], perm=[0, 3, 1, 2]),
        node("AveragePool", ["channels"], ["cells"], kernel_shape=[SIDE // CELLS] * 2, strides=[SIDE // CELLS] * 2),
        node("Conv", ["cells", "places"], ["regions"]),
        node("Reshape", ["cells", "flat"], ["row"]),
        node("MatMul", ["row", "perm_features"], ["features"]),
        node("MatMul", ["features", "heads"], ["logits"]),
        node("MatMul", ["features", "copy"], ["raw_embedding"]),
        node("LpNormalization", ["raw_embedding"], ["embedding"], axis=1),
    ]
    shapes = {
        "logits": [batch, n_columns],
        "regions": [batch, len(KINDS), CELLS, CELLS],
        "embedding": [batch, 3],
        "features": [batch, N_FEATURES],
    }
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, [batch, SIDE, SIDE, 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in outputs or shapes],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))


def write_bundle(folder: Path, write: Callable[..., None] = write_model, **changes: object) -> Path:
    folder.mkdir(parents=True)
    write(folder / "model.onnx")
    calibration = CalibrationTable(
        categories={
            Category.WEAPONS: PlattCalibration(method="platt", scale=0.8, shift=-0.5),
            Category.FIRE: PlattCalibration(method="temperature", scale=1.5),
        }
    )
    points = dict(zip(OperatingPoint, (0.8, 0.5, 0.2), strict=True))
    (folder / "calibration.json").write_text(calibration.model_dump_json())
    (folder / "thresholds.json").write_text(ThresholdTable(categories=dict.fromkeys(LABELS, points)).model_dump_json())
    facts: dict[str, object] = {
        "name": "tiny",
        "version": "0.0.1",
        "modality": Modality.IMAGE,
        "labels": LABELS,
        "auxiliary_labels": AUXILIARY,
        "geometry": Geometry(side=SIDE, region_side=CELLS),
        "region_kinds": KINDS,
        "region_thresholds": dict.fromkeys(KINDS, 0.5),
        "embedding_size": 3,
        "embedding_threshold": 0.1,
        "feature_size": N_FEATURES,
        "text_gate": 0.5,
        "opset": 17,
        "quantization": Quantization(scheme="none", macro_pr_auc_lost=0.0),
        "encoder": Encoder(name="tiny", source="tests", licence="Apache-2.0"),
        "files": {path.name: file_digest(path) for path in folder.iterdir()},
        "dataset_digest": "0" * 64,
        "checkpoint_digest": "0" * 64,
        "created_on": "2026-01-01",
    }
    (folder / "manifest.json").write_text(ImageManifest.model_validate(facts | changes).model_dump_json())
    return folder


def pictures(seeds: list[int]) -> np.ndarray:
    return np.stack([np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8) for seed in seeds])


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> ImageClassifier:
    return open_image_classifier(load_image_bundle(write_bundle(tmp_path_factory.mktemp("image") / "tiny")))


def test_every_output_of_the_manifest_is_given(classifier: ImageClassifier) -> None:
    outputs = classifier.infer(pictures([1, 2, 3]))
    assert outputs.logits.shape == (3, 4)
    assert outputs.regions is not None
    assert outputs.regions.shape == (3, 2, CELLS, CELLS)
    assert outputs.embedding is not None
    assert outputs.embedding.shape == (3, 3)
    assert outputs.features is not None
    assert outputs.features.shape == (3, N_FEATURES)


def test_probabilities_have_a_column_for_each_label(classifier: ImageClassifier) -> None:
    probs = classifier.probabilities(classifier.infer(pictures([1, 2, 3])).logits)
    assert probs.shape == (3, len(classifier.labels))
    assert ((probs >= 0) & (probs <= 1)).all()


@settings(deadline=None, max_examples=25)
@given(seeds=SEEDS)
def test_a_picture_scores_the_same_alone_and_in_a_batch(classifier: ImageClassifier, seeds: list[int]) -> None:
    together = classifier.infer(pictures(seeds))
    for row, seed in enumerate(seeds):
        alone = classifier.infer(pictures([seed]))
        for batched, single in ((together.logits, alone.logits), (together.regions, alone.regions)):
            assert batched is not None
            assert single is not None
            np.testing.assert_allclose(batched[row], single[0], atol=1e-6, rtol=1e-6)


@settings(deadline=None, max_examples=25)
@given(seeds=SEEDS, data=st.data())
def test_the_order_of_a_batch_changes_no_score(
    classifier: ImageClassifier, seeds: list[int], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(seeds))))
    probs = classifier.probabilities(classifier.infer(pictures(seeds)).logits)
    shuffled = classifier.probabilities(classifier.infer(pictures([seeds[i] for i in order])).logits)
    np.testing.assert_allclose(shuffled, probs[list(order)], atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_logit_makes_only_its_own_row_not_a_number(classifier: ImageClassifier, bad: float) -> None:
    logits = classifier.infer(pictures([1, 2])).logits.copy()
    logits[0, 1] = bad
    probs = classifier.probabilities(logits)
    assert np.isnan(probs[0]).all()
    assert np.isfinite(probs[1]).all()


@given(bad=st.sampled_from([np.nan, np.inf]), column=st.integers(0, 1), row=st.integers(0, 2))
def test_a_row_is_either_wholly_finite_or_wholly_not_a_number(
    classifier: ImageClassifier, bad: float, column: int, row: int
) -> None:
    logits = np.zeros((3, 4), dtype=np.float32)
    logits[row, column] = bad
    finite = np.isfinite(classifier.probabilities(logits))
    assert finite.all(axis=1).tolist() == finite.any(axis=1).tolist() == [i != row for i in range(3)]


def test_the_chance_of_text_is_read_from_its_auxiliary_column(classifier: ImageClassifier) -> None:
    logits = np.array([[0, 0, 5, -2], [0, 0, -5, 2]], dtype=np.float32)
    probs = classifier.text_prob(logits)
    assert probs is not None
    np.testing.assert_allclose(probs, 1 / (1 + np.exp([2.0, -2.0])), rtol=1e-6)


def test_a_model_that_was_not_taught_text_gives_no_chance_of_it(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b", auxiliary_labels=("smoke", "knife"), text_gate=None)
    classifier = open_image_classifier(load_image_bundle(folder))
    assert classifier.text_prob(classifier.infer(pictures([1])).logits) is None


def test_outputs_that_the_manifest_does_not_name_are_none(tmp_path: Path) -> None:
    changes = {"region_kinds": (), "region_thresholds": {}, "embedding_size": None, "feature_size": None}
    outputs = open_image_classifier(load_image_bundle(write_bundle(tmp_path / "b", **changes))).infer(pictures([1]))
    assert (outputs.regions, outputs.embedding, outputs.features) == (None, None, None)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((0, SIDE, SIDE, 3), dtype=np.uint8),
        np.zeros((1, SIDE, SIDE), dtype=np.uint8),
        np.zeros((1, SIDE + 1, SIDE, 3), dtype=np.uint8),
        np.zeros((1, SIDE, SIDE, 3), dtype=np.float32),
    ],
)
def test_pixels_of_another_shape_or_type_are_refused(classifier: ImageClassifier, pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8 of shape"):
        classifier.infer(pixels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"geometry": Geometry(side=64, region_side=CELLS)}, "input"),
        ({"geometry": Geometry(side=SIDE, region_side=7)}, "regions"),
        ({"auxiliary_labels": ("smoke", "text", "knife")}, "logits"),
        ({"embedding_size": 5}, "embedding"),
        ({"feature_size": 7}, "features"),
    ],
)
def test_a_model_that_is_not_the_manifests_is_refused(tmp_path: Path, changes: dict, message: str) -> None:
    bundle = load_image_bundle(write_bundle(tmp_path / "b", **changes))
    with pytest.raises(BundleInvalidError, match=message):
        open_image_classifier(bundle)


def test_a_model_without_an_output_of_the_manifest_is_refused(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b", lambda path: write_model(path, outputs=("logits", "regions", "embedding")))
    with pytest.raises(BundleInvalidError, match="features"):
        open_image_classifier(load_image_bundle(folder))


def test_a_model_of_a_fixed_batch_is_refused(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b", lambda path: write_model(path, batch=1))
    with pytest.raises(BundleInvalidError, match="1 pictures at a time"):
        open_image_classifier(load_image_bundle(folder))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b", lambda path: path.write_bytes(b"not a model"))
    with pytest.raises(BundleInvalidError, match="cannot open"):
        open_image_classifier(load_image_bundle(folder))
