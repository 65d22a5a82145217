from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import onnx
from torch import nn

from models.export.vision.conversion import OUTPUTS, convert_image
from models.export.vision.running import batched_run, onnx_run, torch_run
from models.runtime.classifier import open_session
from models.runtime.vision.classifier import Pixels

MakePixels = Callable[[int, int], Pixels]


def test_the_float_model_is_the_module(module: nn.Module, float_path: Path, pixels: MakePixels) -> None:
    some = pixels(1, 9)
    exported = batched_run(onnx_run(open_session(str(float_path))), some, 4)
    trained = batched_run(torch_run(module), some, 9)
    assert set(exported) == set(OUTPUTS)
    for name in OUTPUTS:
        np.testing.assert_allclose(exported[name], trained[name], atol=1e-4)


def test_nothing_of_training_is_left(float_model: onnx.ModelProto) -> None:
    operators = {node.op_type for node in float_model.graph.node}
    assert operators.isdisjoint({"BatchNormalization", "Dropout", "Pad", "Identity"})


def test_a_module_left_in_training_is_exported_as_it_serves(
    module: nn.Module, tmp_path: Path, pixels: MakePixels
) -> None:
    training = deepcopy(module).train()
    convert_image(training, 32, tmp_path / "model.onnx")
    exported = batched_run(onnx_run(open_session(str(tmp_path / "model.onnx"))), pixels(1, 3))
    np.testing.assert_allclose(exported["logits"], batched_run(torch_run(module), pixels(1, 3))["logits"], atol=1e-4)


def test_every_node_has_a_name_of_its_own(float_model: onnx.ModelProto) -> None:
    names = [node.name for node in float_model.graph.node]
    assert all(names)
    assert len(set(names)) == len(names)
