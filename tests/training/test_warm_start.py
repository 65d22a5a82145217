"""Warm start: a run that begins from a trained classifier."""

from pathlib import Path

import pytest
import torch

from models.training.checkpoint import load_classifier, save_classifier
from models.training.classifier import TextClassifier
from models.training.config import TrainingConfig
from models.training.errors import EncoderError
from models.training.run import train_text
from models.training.warm_start import keep_layers, take_over

IDS = torch.tensor([[2, 5, 7, 3]])
MASK = torch.ones_like(IDS)


@pytest.fixture
def checkpoint(classifier: TextClassifier, tmp_path: Path) -> Path:
    save_classifier(classifier, tmp_path / "best")
    return tmp_path / "best"


def blank(like: TextClassifier, labels: int | None = None) -> TextClassifier:
    """Another classifier of the same shape, with other weights and perhaps fewer categories."""
    torch.manual_seed(7)
    encoder = type(like.encoder)(like.encoder.config, add_pooling_layer=False)
    return TextClassifier(
        encoder,
        like.tokenizer,
        like.labels[:labels],
        like.auxiliary_labels,
        max_tokens=like.max_tokens,
        dataset_digest=like.dataset_digest,
        origin=like.origin,
    ).eval()


def test_taking_over_gives_the_same_answers(classifier: TextClassifier, checkpoint: Path) -> None:
    other = blank(classifier)
    take_over(checkpoint, other)
    assert torch.allclose(other(IDS, MASK), classifier.eval()(IDS, MASK), atol=1e-5)


def test_heads_are_taken_over_by_name(classifier: TextClassifier, checkpoint: Path) -> None:
    fewer = blank(classifier, labels=1)
    take_over(checkpoint, fewer)
    own, theirs = fewer(IDS, MASK)[0], classifier.eval()(IDS, MASK)[0]
    assert torch.allclose(own[0], theirs[0], atol=1e-5)
    assert torch.allclose(own[1:], theirs[len(classifier.labels) :], atol=1e-5)


def test_a_run_with_fewer_layers_begins_and_ends_with_them(
    tiny_config: TrainingConfig, data_dir: Path, tmp_path: Path
) -> None:
    whole = train_text(tiny_config, data_dir, tmp_path / "whole", lambda _: None)
    encoder = tiny_config.encoder.model_copy(update={"checkpoint": str(whole.best), "layers": (1,)})
    short = train_text(
        tiny_config.model_copy(update={"encoder": encoder}), data_dir, tmp_path / "short", lambda _: None
    )
    assert load_classifier(short.best).encoder.config.num_hidden_layers == 1


@pytest.mark.parametrize("layers", [(1, 0), (0, 5), (0, 0), (-1, 0)])
def test_layers_that_are_not_there_are_refused(classifier: TextClassifier, layers: tuple[int, ...]) -> None:
    with pytest.raises(EncoderError, match="rising numbers"):
        keep_layers(classifier, layers)


def test_a_student_learns_what_its_teacher_says(tiny_config: TrainingConfig, data_dir: Path, tmp_path: Path) -> None:
    teacher = train_text(tiny_config, data_dir, tmp_path / "teacher", lambda _: None)
    taught = tiny_config.model_copy(
        update={
            "distillation": tiny_config.distillation.model_copy(update={"teacher": str(teacher.best), "weight": 5.0}),
            "loss": tiny_config.loss.model_copy(update={"positive_cap": 1.0}),
        }
    )
    student = train_text(taught, data_dir, tmp_path / "student", lambda _: None)
    assert student.best_macro_pr_auc > 0.9
