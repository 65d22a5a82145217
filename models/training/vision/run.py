"""Run: a configuration and a built set of pictures in, a folder with the trained image model out."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from models.data.images.store import Pictures, load_pictures, load_report
from models.training.device import settle
from models.training.vision.checkpoint import save_vision
from models.training.vision.config import Round, VisionConfig
from models.training.vision.encoder import load_image_encoder
from models.training.vision.layout import lay_out
from models.training.vision.material import CANVAS_SIDE, UNKNOWN, VisionMaterial
from models.training.vision.model import SIDE, VisionModel
from models.training.vision.rounds import Predictions, predict, save_predictions, spoken_rows, training_rows
from models.training.vision.trainer import VisionTrainer

Progress = Callable[[str, int, int], None]
CONFIG: Final = "config.json"
BEST: Final = "best"


@dataclass(frozen=True)
class PictureSet:
    """A built set of pictures: its table, its folder, and the mirror with the files."""

    pictures: Pictures
    folder: Path
    mirror: Path
    digest: str


def open_set(folder: Path, mirror: Path) -> PictureSet:
    """Read the table of a build.

    Raises:
        DataError: there is no build in the folder.

    """
    return PictureSet(load_pictures(folder), folder, mirror, str(load_report(folder)["digest"]))


def train_image(
    config: VisionConfig, data: PictureSet, run_dir: Path, report: Progress, *, held_out: Round | None = None
) -> VisionModel:
    """Train scores and places, on everything or without what a round holds out; resumes where a killed run stopped.

    The folder gets `config.json`, `history.jsonl`, `resume.pt` and `best/`, and for a round `predictions.npz`.

    Raises:
        TrainingError: the encoder or the snapshot cannot be used.
        FileNotFoundError: the mirror lacks a picture.

    """
    if held_out is not None:
        epochs = config.optimiser.model_copy(update={"epochs": config.round_epochs})
        config = config.model_copy(update={"optimiser": epochs})
    run_dir.mkdir(parents=True, exist_ok=True)
    settle(config.seed, config.threads)
    rows = training_rows(data.pictures, held_out)
    material = lay_out(data.pictures, rows, data.mirror, data.folder, config, CANVAS_SIDE, report)
    presume_harmless(material, config)
    model = build_model(config)
    key = f"{data.digest} {held_out.name if held_out else 'all'}"
    everything = np.arange(len(material))
    trainer = VisionTrainer(
        config, material, everything, model, run_dir, key, lambda at: report("training", at.step, at.n_steps)
    )
    trainer.fit()
    mix_pretrained(model, config)
    (run_dir / CONFIG).write_text(config.model_dump_json(indent=1), encoding="utf-8")
    save_vision(model, run_dir / BEST, config, data.digest)
    if held_out is not None:
        speak(model, config, data, run_dir, held_out, report)
    return model


def speak(
    model: VisionModel, config: VisionConfig, data: PictureSet, run_dir: Path, held_out: Round, report: Progress
) -> None:
    """Have a round's model score what it has not seen, and write that down."""
    rows = spoken_rows(data.pictures, held_out)
    unseen = lay_out(data.pictures, rows, data.mirror, data.folder, config, SIDE, report)
    logits, regions = predict(model, unseen, config)
    names = np.full(len(rows), held_out.name)
    save_predictions(run_dir / "predictions.npz", Predictions(rows, names, logits, regions))


def presume_harmless(material: VisionMaterial, config: VisionConfig) -> None:
    """Take unknown labels of the named sources as 0, in place."""
    labels = material.targets[:, : len(config.labels)]
    labels[np.isin(material.sources, config.presumed_harmless)[:, None] & (labels == UNKNOWN)] = 0


def build_model(config: VisionConfig) -> VisionModel:
    """A new model around the pretrained encoder; the embedding head waits for its own stage."""
    encoder = load_image_encoder(config.encoder)
    encoder.freeze_below(config.first_trained_block)
    model = VisionModel(encoder, (*config.labels, *config.auxiliary_labels), config.region_kinds)
    for parameter in (*model.embed.parameters(), *model.gate.parameters()):
        parameter.requires_grad = False
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def mix_pretrained(model: VisionModel, config: VisionConfig) -> None:
    """Move the encoder a part of the way back to its ImageNet weights; the heads stay.

    Source: Wortsman et al. (2022), "Robust fine-tuning of zero-shot models" (WiSE-FT).
    """
    if config.keep_pretrained == 0:
        return
    before = load_image_encoder(config.encoder).state_dict()
    with torch.no_grad():
        for name, weights in model.encoder.state_dict().items():
            if weights.is_floating_point():
                weights.lerp_(before[name], config.keep_pretrained)


def clear(run_dir: Path) -> None:
    """Forget a run."""
    shutil.rmtree(run_dir, ignore_errors=True)
