import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from models.contracts import PlattCalibration
from models.export.alternatives import Source, dynamic, static, weight_blocks
from models.export.parity import batch_difference
from models.export.scoring import onnx_run
from models.runtime.calibration import batch_calibration
from models.runtime.classifier import open_session
from models.training.classifier import TextClassifier

LIMIT = 1e-4
PLAIN = batch_calibration([PlattCalibration(method="temperature", scale=1.0)] * 4)

Difference = Callable[[onnx.ModelProto], float]


@pytest.fixture
def source(classifier: TextClassifier, float_path: Path, batches: list[np.ndarray], tmp_path: Path) -> Source:
    logging.getLogger().setLevel(logging.ERROR)
    config = classifier.encoder.config
    return Source(float_path, tmp_path, config.num_attention_heads, config.hidden_size, batches)


@pytest.fixture
def difference(batches: list[np.ndarray], tmp_path: Path) -> Difference:
    def measure(model: onnx.ModelProto) -> float:
        onnx.save(model, str(tmp_path / "model.onnx"))
        run = onnx_run(open_session(str(tmp_path / "model.onnx")))
        return batch_difference(run, [batch[0] for batch in batches], PLAIN)

    return measure


def test_dynamic_quantization_makes_a_score_depend_on_its_neighbours(source: Source, difference: Difference) -> None:
    assert difference(dynamic(source)) > LIMIT


def test_static_quantization_does_not(source: Source, difference: Difference) -> None:
    assert difference(static(source, quantized_outputs=False)) <= LIMIT


def test_weight_blocks_do_not(source: Source, difference: Difference) -> None:
    assert difference(weight_blocks(source, 32)) <= LIMIT
