import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from models.export.embedding_output import add_embedding, embedding_batch_difference, embedding_size, expose_embedding
from models.export.errors import ExportError
from models.export.fusion import fuse
from models.runtime.batching import pad_windows
from models.runtime.bundle import file_digest, load_text_bundle
from models.runtime.classifier import open_classifier, open_session
from models.training.classifier import TextClassifier
from tests.export.conftest import HIDDEN, N_HEADS
from tests.runtime.conftest import write_bundle

SHIPPED = Path(__file__).parents[2] / "models" / "bundles" / "text-minilm"


@pytest.fixture(scope="module")
def fused(float_path: Path) -> onnx.ModelProto:
    return fuse(float_path, N_HEADS, HIDDEN)


@pytest.fixture(scope="module")
def exposed_path(fused: onnx.ModelProto, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exposed") / "model.onnx"
    onnx.save(expose_embedding(fused), str(path))
    return path


@pytest.fixture
def without_embedding(tmp_path: Path) -> Path:
    folder = write_bundle(tmp_path / "old", has_embedding=False, embedding_size=None)
    (folder / "CARD.md").write_text("# tiny 0.0.1\n\n## Limits\n\n- It is tiny.\n")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["CARD.md"] = file_digest(folder / "CARD.md")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_the_embedding_is_the_mean_of_the_token_vectors(
    classifier: TextClassifier, exposed_path: Path, batches: list[NDArray[np.int64]]
) -> None:
    ids, mask = pad_windows([batch[0] for batch in batches[:5]])
    (given,) = open_session(str(exposed_path)).run(["embedding"], {"input_ids": ids, "attention_mask": mask})
    with torch.inference_mode():
        expected = classifier.embed(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
    np.testing.assert_allclose(given, expected, atol=1e-5)


def test_no_node_is_added(fused: onnx.ModelProto) -> None:
    exposed = expose_embedding(fused)
    assert [node.op_type for node in exposed.graph.node] == [node.op_type for node in fused.graph.node]


def test_the_first_model_is_left_as_it_was(fused: onnx.ModelProto) -> None:
    before = fused.SerializeToString(deterministic=True)
    expose_embedding(fused)
    assert fused.SerializeToString(deterministic=True) == before


def test_the_size_is_the_encoders(fused: onnx.ModelProto) -> None:
    assert embedding_size(expose_embedding(fused)) == 32


def test_a_model_without_the_output_has_no_size(fused: onnx.ModelProto) -> None:
    with pytest.raises(ExportError, match="no output `embedding`"):
        embedding_size(fused)


def test_a_model_without_a_matrix_of_heads_is_refused(fused: onnx.ModelProto) -> None:
    headless = onnx.ModelProto()
    headless.CopyFrom(fused)
    headless.graph.node[-1].op_type = "Identity"
    with pytest.raises(ExportError, match="one matrix of heads"):
        expose_embedding(headless)


def test_a_bundle_keeps_its_scores(without_embedding: Path, tmp_path: Path) -> None:
    old = load_text_bundle(without_embedding)
    new, _ = add_embedding(old, "0.0.2", tmp_path / "new")
    texts = ["abc", "a b c " * 30]
    np.testing.assert_array_equal(open_classifier(new).score(texts), open_classifier(old).score(texts))


def test_a_bundle_gets_a_version_a_size_and_a_section_in_its_card(without_embedding: Path, tmp_path: Path) -> None:
    new, check = add_embedding(load_text_bundle(without_embedding), "0.0.2", tmp_path / "new")
    card = (new.path / "CARD.md").read_text()
    assert (new.manifest.version, new.manifest.embedding_size) == ("0.0.2", 8)
    assert card.startswith("# tiny 0.0.2")
    assert "## Embedding" in card
    assert check.logits_difference == 0.0


def test_a_bundle_may_replace_itself(without_embedding: Path) -> None:
    new, _ = add_embedding(load_text_bundle(without_embedding), "0.0.2", without_embedding)
    assert load_text_bundle(without_embedding).digest == new.digest


def test_a_bundle_with_embeddings_is_refused(without_embedding: Path, tmp_path: Path) -> None:
    new, _ = add_embedding(load_text_bundle(without_embedding), "0.0.2", tmp_path / "new")
    with pytest.raises(ExportError, match="already"):
        add_embedding(new, "0.0.3", tmp_path / "newer")


def test_the_shipped_embedding_does_not_depend_on_its_batch() -> None:
    classifier = open_classifier(load_text_bundle(SHIPPED))
    windows = [one.windows[0] for one in classifier.prepare(["hello there", "you idiot " * 40, "你好", "a b c d e"])]
    assert embedding_batch_difference(classifier, windows) <= 1e-5
