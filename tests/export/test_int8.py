from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.export.balancing import balance
from models.export.embeddings import quantize_embeddings
from models.export.fusion import fuse
from models.export.graph import view
from models.export.int8 import Scheme, to_int8
from models.export.ranges import (
    ActivationRange,
    ActivationSample,
    RangeMethod,
    chosen_ranges,
    quantizable_inputs,
    watched_runs,
)
from models.export.scoring import onnx_run
from models.export.static_int8 import quantized_columns, scale_and_zero_point
from models.runtime.batching import Run
from models.runtime.classifier import open_session
from models.training.classifier import TextClassifier

N_LAYERS = 2


def runnable(model: onnx.ModelProto, folder: Path) -> Run:
    path = folder / "model.onnx"
    onnx.save(model, str(path))
    return onnx_run(open_session(str(path)))


@pytest.fixture(scope="module")
def fused(classifier: TextClassifier, float_path: Path) -> onnx.ModelProto:
    config = classifier.encoder.config
    return fuse(float_path, config.num_attention_heads, config.hidden_size)


@pytest.fixture(scope="module")
def int8_model(classifier: TextClassifier, float_path: Path, batches: list[np.ndarray]) -> onnx.ModelProto:
    config = classifier.encoder.config
    return to_int8(float_path, config.num_attention_heads, config.hidden_size, batches, Scheme())


@pytest.fixture(scope="module")
def int8_run(int8_model: onnx.ModelProto, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return runnable(int8_model, tmp_path_factory.mktemp("int8"))


def operators(model: onnx.ModelProto) -> Counter[str]:
    return Counter(node.op_type for node in model.graph.node)


def test_fusion_finds_every_attention_and_gelu(fused: onnx.ModelProto) -> None:
    counts = operators(fused)
    assert (counts["Attention"], counts["Gelu"], counts["Softmax"], counts["Erf"]) == (N_LAYERS, N_LAYERS, 0, 0)


def test_fusion_changes_nothing_but_rounding(
    fused: onnx.ModelProto, float_model: onnx.ModelProto, batches: list[np.ndarray], tmp_path: Path
) -> None:
    windows = [batch[0] for batch in batches]
    (tmp_path / "a").mkdir()
    before = runnable(float_model, tmp_path)(windows)
    np.testing.assert_allclose(runnable(fused, tmp_path / "a")(windows), before, atol=1e-4)


def test_every_product_of_the_encoder_is_an_integer_product(int8_model: onnx.ModelProto) -> None:
    counts = operators(int8_model)
    assert counts["QAttention"] == N_LAYERS
    assert counts["MatMulIntegerToFloat"] == 3 * N_LAYERS
    assert counts["MatMul"] == counts["Attention"] == 0


def test_nothing_is_measured_at_run_time(int8_model: onnx.ModelProto) -> None:
    assert not {"DynamicQuantizeLinear", "DynamicQuantizeMatMul"} & set(operators(int8_model))


def test_no_float_matrix_of_the_encoder_is_left(int8_model: onnx.ModelProto) -> None:
    large = [one for one in int8_model.graph.initializer if len(one.dims) == 2 and min(one.dims) >= 32]
    assert large
    assert {one.data_type for one in large if one.dims[0] != 64} == {onnx.TensorProto.INT8}


def test_int8_stays_close_to_float(int8_run: Run, float_path: Path, batches: list[np.ndarray]) -> None:
    windows = [batch[0] for batch in batches]
    exact = onnx_run(open_session(str(float_path)))(windows)
    assert np.abs(int8_run(windows) - exact).mean() < 0.1 * exact.std()


@settings(deadline=None)
@given(windows=st.lists(hnp.arrays(np.int64, st.integers(2, 32), elements=st.integers(0, 90)), min_size=2, max_size=12))
def test_a_text_scores_the_same_alone_and_in_any_batch(int8_run: Run, windows: list[np.ndarray]) -> None:
    alone = np.concatenate([int8_run([window]) for window in windows])
    together = int8_run(windows)
    scores = [1 / (1 + np.exp(-logits.astype(np.float64))) for logits in (alone, together)]
    assert np.abs(scores[0] - scores[1]).max() <= 1e-4


@settings(deadline=None)
@given(hnp.arrays(np.float32, (6, 5), elements=st.floats(-100, 100, width=32)))
def test_weights_are_rounded_by_at_most_half_a_step(matrix: np.ndarray) -> None:
    integers, scales = quantized_columns(matrix)
    assert (np.abs(integers * scales - matrix) <= scales * 0.501 + 1e-6).all()


@given(st.floats(-50, 0), st.floats(0, 50))
def test_zero_is_exact_and_the_ends_are_within_a_step(low: float, high: float) -> None:
    step, zero = scale_and_zero_point(ActivationRange(low, high))
    assert 0 <= zero <= 255
    assert (0 - zero) * step <= low + step
    assert (255 - zero) * step >= high - step


@pytest.mark.parametrize("method", list(RangeMethod))
def test_a_range_holds_zero_and_stays_within_what_was_seen(method: RangeMethod) -> None:
    values = np.random.default_rng(0).normal(5.0, 1.0, 5000).astype(np.float32)
    sample = ActivationSample(float(values.min()), float(values.max()), values)
    chosen = chosen_ranges({"x": sample}, method)["x"]
    assert chosen.low == 0.0 < chosen.high <= sample.high


def test_clipping_methods_drop_an_outlier_that_minmax_keeps() -> None:
    values = np.append(np.random.default_rng(0).normal(size=100_000), 1000.0).astype(np.float32)
    sample = {"x": ActivationSample(float(values.min()), float(values.max()), values)}
    highs = {method: chosen_ranges(sample, method)["x"].high for method in RangeMethod}
    assert highs[RangeMethod.MINMAX] == 1000.0
    assert highs[RangeMethod.PERCENTILE_999] < highs[RangeMethod.PERCENTILE_9999] < 10.0


def test_balancing_changes_nothing_but_rounding(
    fused: onnx.ModelProto, batches: list[np.ndarray], tmp_path: Path
) -> None:
    balanced = balance(fused, quantizable_inputs(view(fused)), batches)
    (tmp_path / "balanced").mkdir()
    windows = [batch[0] for batch in batches]
    exact = runnable(fused, tmp_path)(windows)
    np.testing.assert_allclose(runnable(balanced, tmp_path / "balanced")(windows), exact, atol=1e-4)


def test_balancing_brings_channels_closer_together(fused: onnx.ModelProto, batches: list[np.ndarray]) -> None:
    (name, *_) = (one for one in quantizable_inputs(view(fused)) if view(fused).producers[one].op_type == "Gelu")
    balanced = balance(fused, [name], batches, strength=1.0)

    def spread(model: onnx.ModelProto, output: str) -> float:
        values = [run[0] for run in watched_runs(model, [output], batches)]
        peaks = np.max([np.abs(value).max(axis=(0, 1)) for value in values], axis=0)
        return float(peaks.max() / peaks.min())

    assert spread(balanced, f"{name}_balanced") < 1.01 < spread(fused, name)


def test_a_quantized_table_gives_rows_within_half_a_step(
    float_model: onnx.ModelProto, batches: list[np.ndarray], tmp_path: Path
) -> None:
    small = quantize_embeddings(float_model)
    assert small.ByteSize() < float_model.ByteSize()
    (tmp_path / "small").mkdir()
    windows = [batch[0] for batch in batches]
    exact = runnable(float_model, tmp_path)(windows)
    given_ = runnable(small, tmp_path / "small")(windows)
    assert 0 < np.abs(given_ - exact).max() < 0.1 * exact.std()
