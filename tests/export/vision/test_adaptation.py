"""Foreign classifiers are built here by hand, so that what they say is known to the last digit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from models.contracts import Category, OperatingPoint
from models.export.errors import ExportError, ParityError
from models.export.vision.adaptation import AdaptRequest, adapt_image, columns_of
from models.export.vision.foreign import described, foreign_model
from models.export.vision.wrapping import Layout, OutputKind, Preprocessing
from models.runtime.bundle import load_image_bundle
from models.runtime.vision.classifier import ImageClassifier, Pixels, open_image_classifier

SIDE = 32
CLASSES = ("drawing", "neutral", "nude", "act")
LABELS = {"nude": Category.SEXUAL, "act": Category.SEXUAL}
USUAL = Preprocessing(side=SIDE, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))
MakePixels = Callable[[int, int], Pixels]
MakeRequest = Callable[..., AdaptRequest]


def write_classifier(
    path: Path,
    kind: OutputKind = OutputKind.SOFTMAX_LOGITS,
    layout: Layout = Layout.NCHW,
    *,
    batch: str | int = "b",
    entry: str = "input",
    inner: str = "raw",
    weights_scale: float = 4.0,
    mixes_batch: bool = False,
) -> None:
    """The mean of each channel and quarter, one matrix, and what makes the numbers what `kind` says."""
    random = np.random.default_rng(1)
    constants = {
        "weights": (weights_scale * random.normal(size=(12, len(CLASSES)))).astype(np.float32),
        "row": np.array([-1, 12], dtype=np.int64),
    }
    is_nchw = layout is Layout.NCHW
    half = [SIDE // 2] * 2
    first = [] if is_nchw else [helper.make_node("Transpose", [entry], ["channels"], perm=[0, 3, 1, 2])]
    nodes = [
        *first,
        helper.make_node("AveragePool", [entry if is_nchw else "channels"], ["cells"], kernel_shape=half, strides=half),
        helper.make_node("Reshape", ["cells", "row"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], [inner]),
    ]
    last = {OutputKind.SOFTMAX_PROBS: "Softmax", OutputKind.SIGMOID_PROBS: "Sigmoid"}.get(kind, "Identity")
    nodes.append(helper.make_node(last, [inner], ["numbers"]))
    if mixes_batch:
        nodes.append(helper.make_node("ReduceMax", ["numbers"], ["highest"], keepdims=1))
        nodes.append(helper.make_node("Sub", ["numbers", "highest"], ["scores"]))
    else:
        nodes.append(helper.make_node("Identity", ["numbers"], ["scores"]))
    shape = [batch, 3, SIDE, SIDE] if is_nchw else [batch, SIDE, SIDE, 3]
    graph = helper.make_graph(
        nodes,
        "foreign",
        [helper.make_tensor_value_info(entry, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, len(CLASSES)])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))


def own_numbers(path: Path, pixels: Pixels, how: Preprocessing = USUAL) -> np.ndarray:
    values = pixels.astype(np.float64) / 255
    values = values[..., ::-1] if how.is_bgr else values
    inputs = ((values - np.array(how.mean)) / np.array(how.std)).astype(np.float32)
    inputs = inputs.transpose(0, 3, 1, 2) if how.layout is Layout.NCHW else inputs
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(["scores"], {session.get_inputs()[0].name: np.ascontiguousarray(inputs)})[0].astype(np.float64)


def own_prob(path: Path, pixels: Pixels, kind: OutputKind, how: Preprocessing = USUAL) -> np.ndarray:
    """What the classifier itself thinks the chance of `nude` or `act` is."""
    numbers = own_numbers(path, pixels, how)
    if kind is OutputKind.SOFTMAX_LOGITS:
        numbers = np.exp(numbers) / np.exp(numbers).sum(axis=1, keepdims=True)
    if kind is OutputKind.SIGMOID_LOGITS:
        numbers = 1 / (1 + np.exp(-numbers))
    return numbers[:, 2:].sum(axis=1) if kind.is_exclusive else numbers[:, 2:].max(axis=1)


def make_request(path: Path, kind: OutputKind = OutputKind.SOFTMAX_LOGITS, how: Preprocessing = USUAL) -> AdaptRequest:
    return AdaptRequest(
        model=described("foreign", path, path.parent),
        preprocessing=how,
        kind=kind,
        classes=CLASSES,
        labels=LABELS,
        out=path.parent / "bundle",
        name="image-foreign",
        version="0.1.0",
        licence="MIT",
        created_on=date(2026, 1, 1),
    )


@pytest.fixture
def request_for(tmp_path: Path) -> MakeRequest:
    def build(
        kind: OutputKind = OutputKind.SOFTMAX_LOGITS, how: Preprocessing = USUAL, **changes: object
    ) -> AdaptRequest:
        path = tmp_path / "foreign.onnx"
        if not path.exists():
            write_classifier(path, kind, how.layout)
        return make_request(path, kind, how)

    return build


def opened(request: AdaptRequest) -> ImageClassifier:
    adapt_image(request)
    return open_image_classifier(load_image_bundle(request.out))


@pytest.mark.parametrize("kind", OutputKind)
@pytest.mark.parametrize("layout", Layout)
def test_the_bundle_gives_the_classifiers_own_probability(
    request_for: MakeRequest, pixels: MakePixels, kind: OutputKind, layout: Layout
) -> None:
    how = replace(USUAL, layout=layout)
    request = request_for(kind, how)
    classifier, some = opened(request), pixels(3, 40)
    probs = classifier.probabilities(classifier.infer(some).logits)[:, 0]
    np.testing.assert_allclose(probs, own_prob(request.model.path, some, kind, how), atol=2e-6)
    assert probs.max() - probs.min() > 0.5


def test_blue_comes_first_where_the_classifier_wants_it(request_for: MakeRequest, pixels: MakePixels) -> None:
    how = replace(USUAL, is_bgr=True)
    request = request_for(OutputKind.SOFTMAX_LOGITS, how)
    classifier, some = opened(request), pixels(3, 20)
    probs = classifier.probabilities(classifier.infer(some).logits)[:, 0]
    np.testing.assert_allclose(probs, own_prob(request.model.path, some, request.kind, how), atol=2e-6)


@pytest.mark.parametrize(("entry", "inner"), [("pixels", "logits"), ("logits", "pixels"), ("yes", "scaled")])
def test_names_inside_the_classifier_do_not_clash_with_the_bundles(
    request_for: MakeRequest, tmp_path: Path, pixels: MakePixels, entry: str, inner: str
) -> None:
    write_classifier(tmp_path / "foreign.onnx", entry=entry, inner=inner)
    request = request_for()
    classifier, some = opened(request), pixels(3, 20)
    probs = classifier.probabilities(classifier.infer(some).logits)[:, 0]
    np.testing.assert_allclose(probs, own_prob(request.model.path, some, request.kind), atol=2e-6)


def test_saturated_probabilities_give_finite_logits(
    request_for: MakeRequest, tmp_path: Path, pixels: MakePixels
) -> None:
    write_classifier(tmp_path / "foreign.onnx", OutputKind.SOFTMAX_LOGITS, weights_scale=2000.0)
    classifier = opened(request_for())
    logits = classifier.infer(pixels(1, 30)).logits
    assert np.isfinite(logits).all()
    assert np.abs(logits).max() > 30


def test_what_is_not_a_number_stays_not_a_number(request_for: MakeRequest, tmp_path: Path, pixels: MakePixels) -> None:
    write_classifier(tmp_path / "foreign.onnx", OutputKind.SOFTMAX_PROBS)
    request = request_for(OutputKind.SOFTMAX_PROBS)
    adapt_image(request)
    model = onnx.load(str(request.out / "model.onnx"))
    broken = next(one for one in model.graph.initializer if one.name.endswith("weights"))
    broken.CopyFrom(numpy_helper.from_array(np.full((12, len(CLASSES)), np.nan, dtype=np.float32), broken.name))
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    assert np.isnan(session.run(["logits"], {"pixels": pixels(1, 3)})[0]).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(1, 9))
def test_an_adapted_score_does_not_depend_on_its_neighbours(
    adapted: ImageClassifier, pixels: MakePixels, seed: int, n: int
) -> None:
    some = pixels(seed, n)
    together = adapted.probabilities(adapted.infer(some).logits)
    alone = np.concatenate([adapted.probabilities(adapted.infer(one[np.newaxis]).logits) for one in some])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> ImageClassifier:
    folder = tmp_path_factory.mktemp("adapted")
    write_classifier(folder / "foreign.onnx")
    return opened(make_request(folder / "foreign.onnx"))


def test_without_labelled_pictures_nothing_is_claimed(request_for: MakeRequest) -> None:
    bundle = adapt_image(request_for()).bundle
    assert bundle.thresholds.categories[Category.SEXUAL][OperatingPoint.BALANCED] == 0.5
    card = (bundle.path / "CARD.md").read_text()
    assert "Nothing was measured" in card
    assert "| nude | sexual |" in card
    assert bundle.manifest.metrics == {}


def write_labelled(folder: Path, path: Path, pixels: Pixels) -> Path:
    """True where the classifier gives more than 0.2: its own probability is then far from calibrated."""
    probs = own_prob(path, pixels, OutputKind.SOFTMAX_LOGITS)
    lines = ["file,sexual"]
    for index, (one, prob) in enumerate(zip(pixels, probs, strict=True)):
        Image.fromarray(one).save(folder / f"{index}.png")
        lines.append(f"{index}.png,{int(prob > 0.2)}")
    (folder / "ours.csv").write_text("\n".join(lines) + "\n")
    return folder / "ours.csv"


def test_labelled_pictures_move_probabilities_and_thresholds(
    request_for: MakeRequest, tmp_path: Path, pixels: MakePixels
) -> None:
    request = request_for()
    labelled = write_labelled(tmp_path, request.model.path, pixels(4, 60))
    adapted = adapt_image(replace(request, labelled=labelled))
    assert adapted.bundle.calibration.categories[Category.SEXUAL].method != "temperature"
    assert adapted.measurements[0].pr_auc > 0.99
    assert "so these numbers flatter" in (adapted.bundle.path / "CARD.md").read_text()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": {"naked": Category.SEXUAL}}, "no class naked"),
        ({"labels": {"4": Category.SEXUAL}, "classes": None}, "0 to 3"),
        ({"labels": {}}, "no class is given"),
        ({"labels": {"nude": Category.SEXUAL_MINORS}}, "never scored"),
        ({"labels": dict.fromkeys(CLASSES, Category.SEXUAL)}, "every class means the same"),
        ({"classes": ("neutral", "nude")}, "2 class names for 4"),
        ({"kind": OutputKind.SOFTMAX_PROBS}, "--outputs"),
        ({"preprocessing": replace(USUAL, side=64)}, "--side"),
        ({"preprocessing": replace(USUAL, layout=Layout.NHWC)}, "--layout"),
        ({"name": "Image Foreign"}, "--name"),
    ],
)
def test_what_does_not_fit_the_model_is_said_and_nothing_is_written(
    request_for: MakeRequest, changes: dict, message: str
) -> None:
    request = replace(request_for(), **changes)
    with pytest.raises(ExportError, match=message):
        adapt_image(request)
    assert not request.out.exists()


def test_probabilities_taken_for_logits_are_refused(request_for: MakeRequest, tmp_path: Path) -> None:
    write_classifier(tmp_path / "foreign.onnx", OutputKind.SOFTMAX_PROBS)
    with pytest.raises(ExportError, match="between 0 and 1"):
        adapt_image(request_for(OutputKind.SOFTMAX_LOGITS))


def test_a_classifier_of_one_picture_at_a_time_is_refused(request_for: MakeRequest, tmp_path: Path) -> None:
    write_classifier(tmp_path / "foreign.onnx", batch=1)
    with pytest.raises(ExportError, match="dynamic batch"):
        adapt_image(request_for())


def test_a_classifier_that_looks_at_its_neighbours_is_refused(request_for: MakeRequest, tmp_path: Path) -> None:
    write_classifier(tmp_path / "foreign.onnx", OutputKind.SIGMOID_LOGITS, mixes_batch=True)
    request = request_for(OutputKind.SIGMOID_LOGITS)
    with pytest.raises(ParityError, match="alone against in a batch"):
        adapt_image(request)
    assert not request.out.exists()


def test_a_file_that_is_no_model_is_refused(request_for: MakeRequest, tmp_path: Path) -> None:
    (tmp_path / "foreign.onnx").write_bytes(b"no model")
    with pytest.raises(ExportError, match="not an ONNX model"):
        adapt_image(request_for())


def test_two_classes_of_a_category_share_a_column() -> None:
    labels = {"act": Category.SEXUAL, "drawing": Category.VIOLENCE, "nude": Category.SEXUAL}
    assert columns_of(labels, CLASSES, 4) == {Category.SEXUAL: [3, 2], Category.VIOLENCE: [0]}


def test_what_the_config_files_say_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["X"], "id2label": {"0": "sfw", "1": "nsfw"}}')
    (tmp_path / "preprocessor_config.json").write_text(
        '{"size": {"height": 64, "width": 64}, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.2, 0.2, 0.2]}'
    )
    write_classifier(tmp_path / "model.onnx")
    with foreign_model(str(tmp_path / "model.onnx")) as found:
        assert (found.classes, found.side, found.kind) == (("sfw", "nsfw"), 64, OutputKind.SOFTMAX_LOGITS)
        assert (found.mean, found.std) == ((0.5, 0.5, 0.5), (0.2, 0.2, 0.2))


def test_a_crop_decides_what_a_model_sees(tmp_path: Path) -> None:
    (tmp_path / "preprocessor_config.json").write_text(
        '{"size": {"shortest_edge": 256}, "do_center_crop": true, "crop_size": {"height": 224, "width": 224}}'
    )
    assert described("x", tmp_path / "model.onnx", tmp_path).side == 224


@pytest.mark.parametrize("text", ["[]", "{", '{"rescale_factor": 1.0}'])
def test_config_files_that_cannot_be_understood_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "preprocessor_config.json").write_text(text)
    with pytest.raises(ExportError, match="preprocessor_config"):
        described("x", tmp_path / "model.onnx", tmp_path)


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no such file"), foreign_model(str(tmp_path / "none.onnx")):
        pass
