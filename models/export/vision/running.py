"""Running: one way to run torch, float ONNX and int8 ONNX over the same pictures, so that only the model differs."""

from collections.abc import Callable
from typing import Final

import numpy as np
import onnxruntime as ort
import torch
from torch import nn

from models.export.scoring import Report, silent
from models.export.vision.conversion import OUTPUTS
from models.runtime.vision.classifier import INPUT, Float32s, ImageOutputs, Pixels

BATCH: Final = 8
ImageRun = Callable[[Pixels], ImageOutputs]
"""One run of a model: n pictures to everything it says of them."""


def torch_run(module: nn.Module) -> ImageRun:
    """Run a trained module."""

    def run(pixels: Pixels) -> ImageOutputs:
        with torch.inference_mode():
            return ImageOutputs(*(one.float().numpy() for one in module(torch.from_numpy(pixels))))

    return run


def onnx_run(session: ort.InferenceSession) -> ImageRun:
    """Run an exported model."""
    names = {one.name for one in session.get_outputs()}
    wanted = [name for name in OUTPUTS if name in names]

    def run(pixels: Pixels) -> ImageOutputs:
        given = dict(zip(wanted, session.run(wanted, {INPUT: pixels}), strict=True))
        return ImageOutputs(given["logits"], given.get("regions"), given.get("embedding"), given.get("features"))

    return run


def batched_run(
    run: ImageRun, pixels: Pixels, size: int = BATCH, stage: str = "", report: Report = silent
) -> dict[str, Float32s]:
    """Everything a model says of many pictures, by output. *Shape:* `(n, ...)` each."""
    parts: dict[str, list[Float32s]] = {}
    for start in range(0, len(pixels), size):
        for name, value in _named(run(pixels[start : start + size])).items():
            parts.setdefault(name, []).append(value)
        report(stage, min(start + size, len(pixels)), len(pixels))
    return {name: np.concatenate(values) for name, values in parts.items()}


def _named(outputs: ImageOutputs) -> dict[str, Float32s]:
    return {name: value for name in OUTPUTS if (value := getattr(outputs, name)) is not None}
