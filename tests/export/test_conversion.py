import numpy as np
import onnx
import torch

from models.export.scoring import onnx_run, torch_run
from models.runtime.classifier import open_session
from models.training.classifier import TextClassifier


def test_float_onnx_answers_as_torch_does(
    classifier: TextClassifier, float_path: object, batches: list[np.ndarray]
) -> None:
    windows = [batch[0] for batch in batches]
    given = onnx_run(open_session(str(float_path)))(windows)
    np.testing.assert_allclose(given, torch_run(classifier)(windows), atol=1e-4)


def test_the_model_takes_ids_and_mask_and_gives_logits(float_model: onnx.ModelProto) -> None:
    assert [one.name for one in float_model.graph.input] == ["input_ids", "attention_mask"]
    assert [one.name for one in float_model.graph.output] == ["logits"]


def test_batch_and_length_are_free(float_path: object) -> None:
    session = open_session(str(float_path))
    for shape in ((1, 3), (5, 17), (2, 32)):
        ids = np.full(shape, 5, dtype=np.int64)
        (logits,) = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        assert logits.shape == (shape[0], 4)


def test_conversion_leaves_gradients_switched_on(classifier: TextClassifier, float_path: object) -> None:
    assert torch.is_grad_enabled()
    assert all(parameter.requires_grad for parameter in classifier.parameters())
