from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from transformers import ResNetConfig, ResNetForImageClassification
from typer.testing import CliRunner

from models.contracts import Category
from models.runtime.bundle import load_image_bundle
from models.runtime.vision.classifier import Pixels, open_image_classifier
from scripts.commands.adapt import adapt_image

SIDE = 32
APP = typer.Typer()
APP.command()(adapt_image)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny transformers classifier with random weights, as `save_pretrained` leaves it."""
    torch.manual_seed(0)
    config = ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", id2label={0: "sfw", 1: "nsfw"}
    )
    model = ResNetForImageClassification(config).eval()
    model.classifier[1].weight.data.mul_(10.0)
    model.classifier[1].bias.data[1] -= 9.0
    path = tmp_path_factory.mktemp("hub") / "tiny-nsfw"
    model.save_pretrained(path)
    (path / "preprocessor_config.json").write_text(
        '{"image_processor_type": "ConvNextImageProcessor", "do_normalize": true, "do_rescale": true, '
        '"rescale_factor": 0.00392156862745098, "size": {"height": 32, "width": 32}, '
        '"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}'
    )
    return path


def arguments(model: Path, out: Path, *more: str) -> list[str]:
    return ["--model", str(model), "--labels", "nsfw=sexual", "--licence", "MIT", "--out", str(out), *more]


def test_a_transformers_folder_becomes_a_bundle_that_scores_the_same(
    folder: Path, tmp_path: Path, pixels: Callable[[int, int], Pixels]
) -> None:
    result = CliRunner().invoke(APP, arguments(folder, tmp_path / "image-nsfw"))
    assert result.exit_code == 0, result.output
    classifier = open_image_classifier(load_image_bundle(tmp_path / "image-nsfw"))
    some = pixels(7, 12)
    inputs = (some / 255.0 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    with torch.inference_mode():
        model = ResNetForImageClassification.from_pretrained(folder).eval()
        logits = model(torch.from_numpy(inputs.transpose(0, 3, 1, 2)).float()).logits
    own = torch.softmax(logits, dim=1)[:, 1].numpy()
    assert classifier.labels == (Category.SEXUAL,)
    np.testing.assert_allclose(classifier.probabilities(classifier.infer(some).logits)[:, 0], own, atol=1e-5)
    assert own.max() - own.min() > 0.01


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--labels", "nsfw=porn"), "the categories are"),
        (("--labels", "nsfw=sexual/minors"), "never scored"),
        (("--outputs", "logits"), "--outputs is"),
        (("--layout", "chw"), "--layout is"),
        (("--mean", "a"), "numbers"),
        (("--mean", "0.5,0.5"), "one number, or three"),
        (("--std", "0"), "positive"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_line(
    folder: Path, tmp_path: Path, more: tuple[str, ...], message: str
) -> None:
    result = CliRunner().invoke(APP, arguments(folder, tmp_path / "out", *more))
    assert result.exit_code == 2
    assert message in result.output
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_classifier_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = CliRunner().invoke(APP, arguments(tmp_path / "empty", tmp_path / "out"))
    assert result.exit_code == 2
    assert "not an image classifier" in result.output


def test_what_the_files_do_not_say_has_to_be_said(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bare.onnx").write_bytes(b"")
    result = CliRunner().invoke(APP, arguments(tmp_path / "bare.onnx", tmp_path / "out"))
    assert result.exit_code == 2
    assert "--side, --mean and --std" in result.output
