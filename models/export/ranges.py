"""Activation ranges: what static quantization has to know before it sees traffic.

Dynamic quantization measures the range of every activation over the whole batch, so a text's score moves with its
neighbours. A range fixed here, from training texts, makes every row independent of the others.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import helper

from models.export.graph import GraphView, copy_of, view

SAMPLED_VALUES = 4096
"""Values kept of an activation for each calibration text; percentiles are taken over these."""


class RangeMethod(StrEnum):
    """How the range of an activation is chosen from what was seen."""

    MINMAX = "minmax"
    PERCENTILE_9999 = "percentile-99.99"
    PERCENTILE_999 = "percentile-99.9"
    LEAST_SQUARES = "least-squares"


_PERCENTILES = {RangeMethod.PERCENTILE_9999: 99.99, RangeMethod.PERCENTILE_999: 99.9}


@dataclass(frozen=True)
class ActivationRange:
    """The values of one activation that eight bits are spread over; always holds 0."""

    low: float
    high: float


@dataclass(frozen=True)
class ActivationSample:
    """What was seen of one activation: extremes of everything, and a sample. *Shape of values:* `(k,)`."""

    low: float
    high: float
    values: NDArray[np.float32]


def sampled_activations(
    model: onnx.ModelProto, batches: Iterable[NDArray[np.int64]], seed: int = 0
) -> dict[str, ActivationSample]:
    """Run a float model and keep what enters each quantizable matrix product.

    Args:
        model: float, fused.
        batches: token ids without padding, *Shape:* `(n, t)` each: padding would be measured as if it were text.
        seed: fixes the sample.

    """
    names = quantizable_inputs(view(model))
    random = np.random.default_rng(seed)
    seen: dict[str, list[ActivationSample]] = {name: [] for name in names}
    for values in watched_runs(model, names, batches):
        for name, value in zip(names, values, strict=True):
            flat = value.reshape(-1)
            sample = random.choice(flat, min(len(flat), SAMPLED_VALUES), replace=False)
            seen[name].append(ActivationSample(float(flat.min()), float(flat.max()), sample))
    return {name: _joined(samples) for name, samples in seen.items()}


def watched_runs(
    model: onnx.ModelProto, names: Sequence[str], batches: Iterable[NDArray[np.int64]]
) -> Iterator[list[NDArray[np.float32]]]:
    """Run a model on each batch and give the activations asked for, in their order."""
    session = session_with_outputs(model, names)
    for ids in batches:
        yield session.run(list(names), {"input_ids": ids, "attention_mask": np.ones_like(ids)})


def chosen_ranges(samples: dict[str, ActivationSample], method: RangeMethod) -> dict[str, ActivationRange]:
    """The range of each activation by one method."""
    return {name: _chosen(sample, method) for name, sample in samples.items()}


def quantizable_inputs(graph: GraphView) -> list[str]:
    """Activations that enter a matrix product with constant weights, each once, in graph order."""
    nodes = (node for node in graph.model.graph.node if is_quantizable(graph, node))
    return list(dict.fromkeys(node.input[0] for node in nodes))


def is_quantizable(graph: GraphView, node: onnx.NodeProto) -> bool:
    """Whether a node is a product of every token with constant two-dimensional weights.

    The heads are exported as `Gemm` and stay float: they see one vector a text, a thousandth of the work, and nothing
    comes after them to average their rounding out.
    """
    if node.op_type not in {"MatMul", "Attention"} or node.input[1] not in graph.constants:
        return False
    return len(graph.constants[node.input[1]].dims) == 2  # noqa: PLR2004


def session_with_outputs(model: onnx.ModelProto, names: Sequence[str]) -> ort.InferenceSession:
    """Open a model in memory that also gives some of its inner values."""
    watched = copy_of(model)
    watched.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _joined(samples: list[ActivationSample]) -> ActivationSample:
    return ActivationSample(
        low=min(sample.low for sample in samples),
        high=max(sample.high for sample in samples),
        values=np.concatenate([sample.values for sample in samples]),
    )


def _chosen(sample: ActivationSample, method: RangeMethod) -> ActivationRange:
    low, high = sample.low, sample.high
    if method in _PERCENTILES:
        share = _PERCENTILES[method]
        low, high = np.percentile(sample.values, [100.0 - share, share])
    elif method is RangeMethod.LEAST_SQUARES:
        shrink = min(np.linspace(0.2, 1.0, 41), key=lambda part: _squared_error(sample, low * part, high * part))
        low, high = low * shrink, high * shrink
    return ActivationRange(min(float(low), 0.0), max(float(high), 0.0))


def _squared_error(sample: ActivationSample, low: float, high: float) -> float:
    """What clipping and rounding to 256 steps in a range would cost the sample."""
    step = max((high - low) / 255.0, 1e-12)
    clipped = np.clip(sample.values, low, high)
    rounded = np.rint((clipped - low) / step) * step + low
    return float(np.square(rounded - sample.values).mean())
