"""Checkpoint: a trained classifier in a folder, complete enough to be loaded, exported and traced."""

import json
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModel

from models.contracts import Category
from models.contracts.base import Value
from models.contracts.bundle import Encoder, Spelling
from models.training.classifier import TextClassifier
from models.training.errors import CheckpointError
from models.training.tokens import read_tokenizer

WEIGHTS = "model.safetensors"
HEAD = "head.json"
TOKENIZER = "tokenizer.json"
ENCODER = "encoder"


class Head(Value):
    """`head.json`: what the output columns mean, and where the weights come from."""

    labels: tuple[Category, ...]
    auxiliary_labels: tuple[str, ...]
    max_tokens: int
    dataset_digest: str
    encoder: Encoder
    spelling: Spelling = "as-written"
    previous_tokens: int = 0


def save_classifier(classifier: TextClassifier, folder: Path) -> None:
    """Write a checkpoint. The folder appears whole or not at all: a kill in between leaves the one before."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / ENCODER).mkdir(parents=True)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in classifier.state_dict().items()}
    save_file(weights, partial / WEIGHTS)
    classifier.encoder.config.save_pretrained(partial / ENCODER)
    classifier.tokenizer.save(str(partial / TOKENIZER))
    (partial / HEAD).write_text(_head(classifier).model_dump_json(indent=2) + "\n", encoding="utf-8")
    _swap(partial, folder)


def _head(classifier: TextClassifier) -> Head:
    return Head(
        labels=classifier.labels,
        auxiliary_labels=classifier.auxiliary_labels,
        max_tokens=classifier.max_tokens,
        dataset_digest=classifier.dataset_digest,
        encoder=classifier.origin,
        spelling=classifier.spelling,
        previous_tokens=classifier.previous_tokens,
    )


def _swap(partial: Path, folder: Path) -> None:
    """Put the new folder in the place of the old one."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    partial.replace(folder)
    shutil.rmtree(old, ignore_errors=True)


def load_classifier(path: Path) -> TextClassifier:
    """Read a checkpoint, on the CPU, in evaluation mode.

    Raises:
        CheckpointError: a file is missing or does not fit the others.

    """
    try:
        head = Head.model_validate(json.loads((path / HEAD).read_text(encoding="utf-8")))
        config = AutoConfig.from_pretrained(path / ENCODER)
        encoder = AutoModel.from_config(config, attn_implementation="eager", add_pooling_layer=False)
        weights = load_file(path / WEIGHTS)
        tokenizer = read_tokenizer(path / TOKENIZER)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: not a checkpoint: {type(error).__name__}") from error
    classifier = TextClassifier(
        encoder,
        tokenizer,
        head.labels,
        head.auxiliary_labels,
        max_tokens=head.max_tokens,
        dataset_digest=head.dataset_digest,
        origin=head.encoder,
        spelling=head.spelling,
        previous_tokens=head.previous_tokens,
    )
    try:
        classifier.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(f"{path}: the weights do not fit head.json and the encoder's config") from error
    return classifier.eval()
