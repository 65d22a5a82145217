"""Run: a configuration and a dataset in, a folder with the trained classifier out."""

import shutil
from pathlib import Path

from models.training.checkpoint import load_classifier
from models.training.classifier import TextClassifier
from models.training.config import TrainingConfig, config_toml
from models.training.device import choose_device, settle
from models.training.encoder import find_encoder, load_encoder, read_encoder_tokenizer
from models.training.errors import EncoderError
from models.training.material import prepare
from models.training.trainer import Outcome, Report, Trainer
from models.training.warm_start import keep_layers, take_over

CONFIG = "config.toml"


def train_text(
    config: TrainingConfig, data_dir: Path, run_dir: Path, report: Report, *, fresh: bool = False
) -> Outcome:
    """Train a text classifier; go on where a killed run stopped, unless a fresh start is asked for.

    Args:
        config: what to learn and how.
        data_dir: a built dataset.
        run_dir: gets `config.toml`, `history.jsonl`, `curves.png`, `resume.pt` and `best/`.
        report: told after every step.
        fresh: empty the folder first.

    Raises:
        DataError: there is no dataset in `data_dir`.
        TrainingError: the encoder, the configuration or the snapshot cannot be used.

    """
    location, origin = find_encoder(config.encoder.name, allow_download=config.encoder.allow_download)
    if fresh:
        shutil.rmtree(run_dir, ignore_errors=True)
    run_dir.mkdir(parents=True, exist_ok=True)
    device = choose_device(config.device)
    settle(config.seed, 1 if device.type == "cpu" else config.threads)
    tokenizer = read_encoder_tokenizer(location)
    material = prepare(config, data_dir, tokenizer)
    classifier = TextClassifier(
        load_encoder(
            location,
            hidden_dropout=config.encoder.hidden_dropout,
            attention_dropout=config.encoder.attention_dropout,
            freeze_words=config.encoder.freeze_words,
        ),
        tokenizer,
        material.heads.labels,
        material.heads.auxiliary_labels,
        max_tokens=config.heads.max_tokens,
        dataset_digest=material.dataset_digest,
        origin=origin,
        dropout=config.encoder.head_dropout,
        spelling=config.encoder.spelling,
        previous_tokens=config.passages.shown_tokens,
    )
    if config.encoder.layers:
        keep_layers(classifier, config.encoder.layers)
    if config.encoder.checkpoint is not None:
        take_over(Path(config.encoder.checkpoint), classifier, config.encoder.layers)
    teacher = _teacher(config, classifier)
    trainer = Trainer(config, material, classifier.to(device), run_dir, device, report, teacher and teacher.to(device))
    (run_dir / CONFIG).write_text(config_toml(config), encoding="utf-8")
    return trainer.fit()


def _teacher(config: TrainingConfig, student: TextClassifier) -> TextClassifier | None:
    """The checkpoint to learn from, if one is named.

    Raises:
        CheckpointError: it cannot be read.
        EncoderError: it does not answer with the same columns.

    """
    if config.distillation.teacher is None:
        return None
    teacher = load_classifier(Path(config.distillation.teacher))
    if (teacher.labels, teacher.auxiliary_labels) != (student.labels, student.auxiliary_labels):
        raise EncoderError("distillation.teacher does not have the columns of the model to train")
    return teacher
