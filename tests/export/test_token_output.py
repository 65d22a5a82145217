from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from models.export.embedding_output import expose_embedding
from models.export.errors import ExportError, ParityError
from models.export.fusion import fuse
from models.export.token_output import expose_token_logits, require_token_logits
from models.runtime.batching import pad_windows
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import TextClassifier as Runtime
from models.runtime.classifier import open_classifier, open_session
from models.training.classifier import TextClassifier
from tests.export.conftest import HIDDEN, LABELS, N_HEADS
from tests.runtime.conftest import write_bundle

N_OUTPUTS = len(LABELS) + 1


@pytest.fixture(scope="module")
def fused(float_path: Path) -> onnx.ModelProto:
    return fuse(float_path, N_HEADS, HIDDEN)


@pytest.fixture(scope="module")
def exposed_path(fused: onnx.ModelProto, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exposed") / "model.onnx"
    onnx.save(expose_token_logits(expose_embedding(fused)), str(path))
    return path


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return open_classifier(load_text_bundle(write_bundle(tmp_path / "tiny", has_token_logits=True)))


def test_token_logits_are_the_heads_on_every_token_vector(
    classifier: TextClassifier, exposed_path: Path, batches: list[NDArray[np.int64]]
) -> None:
    ids, mask = pad_windows([batch[0] for batch in batches[:5]])
    (given,) = open_session(str(exposed_path)).run(["token_logits"], {"input_ids": ids, "attention_mask": mask})
    with torch.inference_mode():
        inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        expected = classifier.heads(classifier.encoder(**inputs).last_hidden_state).numpy()
    np.testing.assert_allclose(given[mask == 1], expected[mask == 1], atol=1e-4)


def test_their_mean_over_the_tokens_is_the_windows_logit(exposed_path: Path, batches: list[NDArray[np.int64]]) -> None:
    ids, mask = pad_windows([batch[0] for batch in batches[:5]])
    session = open_session(str(exposed_path))
    logits, tokens = session.run(["logits", "token_logits"], {"input_ids": ids, "attention_mask": mask})
    means = (tokens * mask[:, :, np.newaxis]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(means, logits, atol=1e-4)


def test_the_output_has_a_column_for_every_label(exposed_path: Path) -> None:
    shapes = {one.name: one.shape for one in open_session(str(exposed_path)).get_outputs()}
    assert shapes["token_logits"][-1] == N_OUTPUTS


def test_the_first_model_is_left_as_it_was(fused: onnx.ModelProto) -> None:
    before = fused.SerializeToString(deterministic=True)
    expose_token_logits(fused)
    assert fused.SerializeToString(deterministic=True) == before


def test_a_model_without_a_matrix_of_heads_is_refused(fused: onnx.ModelProto) -> None:
    headless = onnx.ModelProto()
    headless.CopyFrom(fused)
    headless.graph.node[-1].op_type = "Identity"
    with pytest.raises(ExportError, match="one matrix of heads"):
        expose_token_logits(headless)


def test_a_model_that_pools_in_another_way_is_refused(fused: onnx.ModelProto) -> None:
    pooled = onnx.ModelProto()
    pooled.CopyFrom(fused)
    next(node for node in pooled.graph.node if node.output[0] == pooled.graph.node[-1].input[0]).op_type = "Max"
    with pytest.raises(ExportError, match="not a mean of token vectors"):
        expose_token_logits(pooled)


def test_a_bundle_whose_tokens_average_to_its_logits_passes(runtime: Runtime) -> None:
    windows = [one.windows[0] for one in runtime.prepare(["abc", "a b c d e", "z " * 9])]
    assert require_token_logits(runtime, windows) < 1e-5


def test_a_bundle_whose_tokens_say_something_else_is_refused(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = [one.windows[0] for one in runtime.prepare(["abc"])]
    logits, tokens = runtime.infer_tokens(windows)
    monkeypatch.setattr(runtime, "infer_tokens", lambda _: (logits, [rows + 1.0 for rows in tokens]))
    with pytest.raises(ParityError, match="mean of token logits"):
        require_token_logits(runtime, windows)
