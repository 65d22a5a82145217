"""Recovery: the checkpoint that a shipped bundle holds."""

from pathlib import Path

import numpy as np
import pytest

from models.export.errors import ExportError
from models.export.recovery import recover_checkpoint
from models.runtime.bundle import BundleNotFoundError, load_text_bundle
from models.runtime.classifier import open_classifier
from models.runtime.normalization import normalize
from models.training.checkpoint import load_classifier
from models.training.encoder import wheel_folder
from models.training.errors import EncoderError
from models.training.predict import predict_logits

SHIPPED = Path(__file__).parents[2] / "models/bundles/text-minilm"
TEXTS = ["you are all idiots", "lovely weather today", "win a free phone now, click here", "he should be shot", "ok"]


@pytest.fixture(scope="module")
def recovered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        wheel_folder()
    except EncoderError:
        pytest.skip("the packaged encoder is not installed")
    folder = tmp_path_factory.mktemp("recovered") / "best"
    recover_checkpoint(SHIPPED, folder)
    return folder


def test_a_recovered_checkpoint_answers_as_its_bundle_does_up_to_rounding(recovered: Path) -> None:
    bundle = open_classifier(load_text_bundle(SHIPPED))
    served = bundle.logits(TEXTS)
    exact = predict_logits(load_classifier(recovered), [normalize(text) for text in TEXTS])
    assert np.corrcoef(served.ravel(), exact.ravel())[0, 1] > 0.99
    assert np.abs(served - exact).mean() < 0.5


def test_a_recovered_checkpoint_says_where_it_comes_from(recovered: Path) -> None:
    classifier, manifest = load_classifier(recovered), load_text_bundle(SHIPPED).manifest
    assert classifier.labels == manifest.labels
    assert classifier.spelling == manifest.spelling
    assert classifier.dataset_digest == manifest.dataset_digest


def test_a_folder_without_a_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFoundError):
        recover_checkpoint(tmp_path, tmp_path / "best")


def test_an_encoder_of_another_shape_is_refused(tmp_path: Path) -> None:
    config = '{"model_type": "bert", "hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2}'
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(ExportError, match="does not hold the weights"):
        recover_checkpoint(SHIPPED, tmp_path / "best", encoder=str(tmp_path))
