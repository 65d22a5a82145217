import json
from pathlib import Path

import pytest
import torch

from models.training.checkpoint import load_classifier, save_classifier
from models.training.classifier import TextClassifier
from models.training.errors import CheckpointError
from models.training.predict import predict_logits


def test_a_checkpoint_scores_as_the_classifier_it_was_saved_from(classifier: TextClassifier, tmp_path: Path) -> None:
    save_classifier(classifier, tmp_path / "best")
    texts = ["you are a fool", "buy cheap pills now " * 9]
    expected = predict_logits(classifier, texts)
    assert (predict_logits(load_classifier(tmp_path / "best"), texts) == expected).all()


def test_a_checkpoint_keeps_what_the_columns_mean(classifier: TextClassifier, tmp_path: Path) -> None:
    save_classifier(classifier, tmp_path / "best")
    loaded = load_classifier(tmp_path / "best")
    for name in ("labels", "auxiliary_labels", "max_tokens", "dataset_digest", "origin", "spelling"):
        assert getattr(loaded, name) == getattr(classifier, name)
    assert not loaded.training


def test_a_checkpoint_reads_texts_as_it_was_trained_to(classifier: TextClassifier, tmp_path: Path) -> None:
    classifier.spelling = "undisguised"
    save_classifier(classifier, tmp_path / "best")
    loaded = load_classifier(tmp_path / "best")
    hidden, plain = predict_logits(loaded, ["you 1d1ot", "you idiot"])
    assert loaded.spelling == "undisguised"
    assert (hidden == plain).all()


def test_saving_again_replaces_the_checkpoint_and_leaves_nothing_else(
    classifier: TextClassifier, tmp_path: Path
) -> None:
    save_classifier(classifier, tmp_path / "best")
    with torch.no_grad():
        classifier.heads.bias.fill_(7.0)
    save_classifier(classifier, tmp_path / "best")
    assert load_classifier(tmp_path / "best").heads.bias.tolist() == [7.0] * 3
    assert [path.name for path in tmp_path.iterdir()] == ["best"]


@pytest.mark.parametrize("missing", ["model.safetensors", "head.json", "tokenizer.json", "encoder/config.json"])
def test_an_incomplete_checkpoint_is_a_typed_error(classifier: TextClassifier, tmp_path: Path, missing: str) -> None:
    save_classifier(classifier, tmp_path / "best")
    (tmp_path / "best" / missing).unlink()
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        load_classifier(tmp_path / "best")


def test_weights_of_another_shape_are_a_typed_error(classifier: TextClassifier, tmp_path: Path) -> None:
    save_classifier(classifier, tmp_path / "best")
    path = tmp_path / "best" / "head.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"auxiliary_labels": []}))
    with pytest.raises(CheckpointError, match="do not fit"):
        load_classifier(tmp_path / "best")
