from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from models.export.ranges import session_with_outputs
from models.export.vision.bias import correct_biases
from models.export.vision.int8 import ImageScheme, image_to_int8, kept_float
from models.export.vision.parity import batch_difference
from models.export.vision.running import batched_run, onnx_run
from models.export.vision.stem import pixel_steps
from models.runtime.vision.classifier import Pixels

MakePixels = Callable[[int, int], Pixels]
PLAIN = ImageScheme(corrected_biases=False)


@pytest.fixture(scope="module")
def plain(float_path: Path, pixels: MakePixels) -> onnx.ModelProto:
    return image_to_int8(float_path, pixels(0, 40), PLAIN)


@pytest.fixture(scope="module")
def corrected(float_path: Path, pixels: MakePixels) -> onnx.ModelProto:
    return image_to_int8(float_path, pixels(0, 40), ImageScheme())


def outputs(model: onnx.ModelProto, some: Pixels) -> dict[str, np.ndarray]:
    return batched_run(onnx_run(session_with_outputs(model, [])), some)


def test_a_picture_is_answered_exactly_the_same_in_any_batch(corrected: onnx.ModelProto, pixels: MakePixels) -> None:
    assert batch_difference(onnx_run(session_with_outputs(corrected, [])), pixels(1, 40)) == 0.0


def test_int8_stays_close_to_float(
    float_model: onnx.ModelProto, corrected: onnx.ModelProto, pixels: MakePixels
) -> None:
    exact, rounded = outputs(float_model, pixels(1, 40)), outputs(corrected, pixels(1, 40))
    for name in ("logits", "features", "regions", "embedding"):
        assert np.abs(exact[name] - rounded[name]).mean() < 0.1 * exact[name].std()


def test_pixels_reach_the_first_convolution_as_they_are(corrected: onnx.ModelProto) -> None:
    operators = [node.op_type for node in corrected.graph.node if not node.op_type.startswith("Dequantize")]
    assert operators[:3] == ["Transpose", "Conv", "QuantizeLinear"]


def test_what_pixels_are_worth_is_read_from_the_model(float_model: onnx.ModelProto) -> None:
    steps = pixel_steps(float_model)
    assert steps is not None
    assert steps.step == pytest.approx(1 / 128)
    assert steps.zero == 127


def test_scaling_that_differs_by_channel_is_left_to_the_model(float_model: onnx.ModelProto) -> None:
    model = onnx.ModelProto()
    model.CopyFrom(float_model)
    subtraction = next(node for node in model.graph.node if node.op_type == "Sub")
    means = np.array([120.0, 127.0, 130.0], dtype=np.float32).reshape(1, 3, 1, 1)
    model.graph.initializer.append(numpy_helper.from_array(means, "means"))
    subtraction.input[1] = "means"
    assert pixel_steps(model) is None


def test_uneven_scaling_still_quantizes(float_model: onnx.ModelProto, tmp_path: Path, pixels: MakePixels) -> None:
    model = onnx.ModelProto()
    model.CopyFrom(float_model)
    subtraction = next(node for node in model.graph.node if node.op_type == "Sub")
    model.graph.initializer.append(numpy_helper.from_array(np.array(127.4, dtype=np.float32), "mean"))
    subtraction.input[1] = "mean"
    onnx.save(model, str(tmp_path / "model.onnx"))
    rounded = image_to_int8(tmp_path / "model.onnx", pixels(0, 40), ImageScheme())
    exact, given = outputs(model, pixels(1, 20)), outputs(rounded, pixels(1, 20))
    assert np.abs(exact["features"] - given["features"]).mean() < 0.1 * exact["features"].std()


def test_what_comes_after_pooling_and_what_gives_an_output_stays_float(float_model: onnx.ModelProto) -> None:
    kept = set(kept_float(float_model))
    by_output = {node.output[0]: node for node in float_model.graph.node}
    assert {by_output[name].name for name in ("logits", "regions", "embedding", "features")} <= kept
    convolutions = [node for node in float_model.graph.node if node.op_type == "Conv" and node.name not in kept]
    assert len(convolutions) == 4


def test_corrected_biases_bring_channel_means_back(
    float_model: onnx.ModelProto, plain: onnx.ModelProto, pixels: MakePixels
) -> None:
    some = pixels(2, 40)
    exact = _feature_means(float_model, some)
    fixed = correct_biases(float_model, plain, some)
    assert np.abs(_feature_means(fixed, some) - exact).mean() < 0.5 * np.abs(_feature_means(plain, some) - exact).mean()


def _feature_means(model: onnx.ModelProto, some: Pixels) -> np.ndarray:
    return outputs(model, some)["features"].mean(axis=0)


def test_correcting_biases_changes_nothing_but_biases(plain: onnx.ModelProto, corrected: onnx.ModelProto) -> None:
    assert [node.SerializeToString() for node in plain.graph.node] == [
        node.SerializeToString() for node in corrected.graph.node
    ]
    changed = [
        one.name
        for one, other in zip(plain.graph.initializer, corrected.graph.initializer, strict=True)
        if one.SerializeToString() != other.SerializeToString()
    ]
    assert changed
    assert all(
        numpy_helper.to_array(one).dtype == np.int32 for one in corrected.graph.initializer if one.name in changed
    )


def test_seven_bit_weights_stay_within_64(float_path: Path, pixels: MakePixels) -> None:
    model = image_to_int8(float_path, pixels(0, 20), ImageScheme(seven_bit_weights=True))
    weights = [numpy_helper.to_array(one) for one in model.graph.initializer if one.data_type == onnx.TensorProto.INT8]
    largest = max(int(np.abs(one.astype(np.int32)).max()) for one in weights if one.ndim == 4)
    assert 32 < largest <= 64


def test_the_scheme_is_named_with_what_was_chosen() -> None:
    assert "7-bit" in ImageScheme(seven_bit_weights=True).name
    assert "corrected" not in PLAIN.name
