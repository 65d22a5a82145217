import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.contracts import (
    CalibrationTable,
    Category,
    Encoder,
    JointManifest,
    OperatingPoint,
    PlattCalibration,
    Quantization,
    ThresholdTable,
)
from models.runtime.bundle import BundleInvalidError, load_joint_bundle, load_text_bundle
from models.runtime.fusion import BundleMismatchError, JointClassifier, open_joint_classifier, require_parts

TEXT, IMAGE = 6, 10
SIZES = {"text": TEXT, "image_text": TEXT, "image": IMAGE}
LABELS = (Category.HARMFUL_MEME,)


def write_model(path: Path, sizes: dict[str, int], n_outputs: int) -> None:
    random = np.random.default_rng(0)
    weights = {f"w_{name}": random.normal(size=(size, n_outputs)).astype(np.float32) for name, size in sizes.items()}
    nodes = [helper.make_node("MatMul", [name, f"w_{name}"], [f"from_{name}"]) for name in sizes]
    nodes.append(helper.make_node("Sum", [f"from_{name}" for name in sizes], ["logits"]))
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in sizes.items()]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", n_outputs])
    constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, [output], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), str(path))


def write_joint_bundle(folder: Path, sizes: dict[str, int] | None = None, n_outputs: int = 2) -> Path:
    folder.mkdir(parents=True)
    write_model(folder / "model.onnx", sizes or SIZES, n_outputs)
    maps = CalibrationTable(categories={LABELS[0]: PlattCalibration(method="platt", scale=0.5, shift=-1.0)})
    points = dict(zip(OperatingPoint, (0.8, 0.5, 0.2), strict=True))
    (folder / "calibration.json").write_text(maps.model_dump_json())
    (folder / "thresholds.json").write_text(ThresholdTable(categories={LABELS[0]: points}).model_dump_json())
    manifest = JointManifest(
        name="tiny-joint",
        version="0.0.1",
        modality="joint",
        labels=LABELS,
        auxiliary_labels=("aux/very-harmful",),
        text_bundle="1" * 64,
        image_bundle="2" * 64,
        text_size=TEXT,
        image_size=IMAGE,
        opset=17,
        quantization=Quantization(scheme="none", macro_pr_auc_lost=0.0),
        encoder=Encoder(name="tiny", source="tests", licence="Apache-2.0"),
        files={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()},
        dataset_digest="0" * 64,
        checkpoint_digest="0" * 64,
        created_on="2026-01-01",
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return folder


def make_rows(seed: int, n: int) -> tuple[NDArray[np.float32], ...]:
    random = np.random.default_rng(seed)
    return tuple(random.normal(size=(n, size)).astype(np.float32) for size in SIZES.values())


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> JointClassifier:
    return open_joint_classifier(load_joint_bundle(write_joint_bundle(tmp_path_factory.mktemp("joint") / "tiny")))


@pytest.fixture
def make_joint(tmp_path: Path) -> Callable[..., Path]:
    return lambda **changes: write_joint_bundle(tmp_path / "joint", **changes)


@given(seed=st.integers(0, 1000), n=st.integers(2, 9))
def test_a_post_scores_the_same_alone_and_in_a_batch(joint: JointClassifier, seed: int, n: int) -> None:
    rows = make_rows(seed, n)
    alone = np.concatenate([joint.infer(*(part[[i]] for part in rows)) for i in range(n)])
    np.testing.assert_allclose(joint.infer(*rows), alone, atol=1e-5)


def test_a_probability_is_the_calibrated_logit_of_a_label(joint: JointClassifier) -> None:
    logits = joint.infer(*make_rows(0, 3))
    expected = 1.0 / (1.0 + np.exp(-(0.5 * logits[:, :1] - 1.0)))
    np.testing.assert_allclose(joint.probabilities(logits), expected, atol=1e-6)


def test_a_row_that_is_not_a_number_spoils_no_other(joint: JointClassifier) -> None:
    text, image_text, image = make_rows(0, 3)
    image[1, 4] = np.nan
    probs = joint.probabilities(joint.infer(text, image_text, image))
    assert np.isnan(probs[:, 0]).tolist() == [False, True, False]


@pytest.mark.parametrize(("name", "shape"), [("text", (2, 5)), ("image_text", (3, TEXT)), ("image", (2, 9))])
def test_another_shape_is_refused_by_name(joint: JointClassifier, name: str, shape: tuple[int, int]) -> None:
    values = dict(zip(SIZES, make_rows(0, 2), strict=True)) | {name: np.zeros(shape, dtype=np.float32)}
    with pytest.raises(ValueError, match=rf"is float32 of shape \(n, {SIZES[name]}\)"):
        joint.infer(**values)


def test_no_posts_are_refused(joint: JointClassifier) -> None:
    with pytest.raises(ValueError, match="float32 of shape"):
        joint.infer(*make_rows(0, 0))


def test_a_model_with_other_inputs_is_refused(make_joint: Callable[..., Path]) -> None:
    bundle = load_joint_bundle(make_joint(sizes={"text": TEXT, "image": IMAGE}))
    with pytest.raises(BundleInvalidError, match="its inputs are not"):
        open_joint_classifier(bundle)


def test_a_model_without_a_column_for_every_label_is_refused(make_joint: Callable[..., Path]) -> None:
    with pytest.raises(BundleInvalidError, match="each of 2 labels"):
        open_joint_classifier(load_joint_bundle(make_joint(n_outputs=1)))


def test_the_bundles_it_was_trained_on_are_its_parts(joint: JointClassifier) -> None:
    text, image = SimpleNamespace(digest="1" * 64), SimpleNamespace(digest="2" * 64)
    require_parts(joint.bundle, text, image)  # type: ignore[arg-type]


def test_another_text_bundle_is_refused(joint: JointClassifier, tiny_bundle: Path) -> None:
    text = load_text_bundle(tiny_bundle)
    with pytest.raises(BundleMismatchError, match="the text bundle 111111111111"):
        require_parts(joint.bundle, text, SimpleNamespace(digest="2" * 64))  # type: ignore[arg-type]


def test_another_image_bundle_is_refused(joint: JointClassifier, tiny_bundle: Path) -> None:
    text = replace(load_text_bundle(tiny_bundle), digest="1" * 64)
    with pytest.raises(BundleMismatchError, match="the image bundle 222222222222"):
        require_parts(joint.bundle, text, SimpleNamespace(digest="3" * 64))  # type: ignore[arg-type]
