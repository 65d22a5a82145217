"""Checkpoints of the image model: the weights, and what is needed to build the network around them."""

import hashlib
import json
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file, save_file

from models.training.errors import CheckpointError
from models.training.vision.config import VisionConfig
from models.training.vision.encoder import load_image_encoder
from models.training.vision.memory import ImageNetMemory
from models.training.vision.model import VisionModel

WEIGHTS: Final = "model.safetensors"
HEAD: Final = "head.json"


def save_vision(model: VisionModel, folder: Path, config: VisionConfig, dataset_digest: str) -> None:
    """Write a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    learnt = {name: values for name, values in model.state_dict().items() if not name.startswith("memory")}
    save_file({name: values.contiguous() for name, values in learnt.items()}, folder / WEIGHTS)
    head = {
        "labels": config.labels,
        "auxiliary_labels": config.auxiliary_labels,
        "region_kinds": config.region_kinds,
        "encoder": config.encoder,
        "first_trained_block": config.first_trained_block,
        "memory": config.memory,
        "dataset_digest": dataset_digest,
    }
    (folder / HEAD).write_text(json.dumps(head, indent=1) + "\n", encoding="utf-8")


def load_vision(folder: Path) -> VisionModel:
    """Read a checkpoint, ready to predict.

    Raises:
        CheckpointError: the folder does not hold one.

    """
    try:
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        weights = load_file(folder / WEIGHTS)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder}: not a checkpoint of an image model") from error
    labels = (*head["labels"], *head["auxiliary_labels"])
    encoder = load_image_encoder(head["encoder"])
    model = VisionModel(encoder, tuple(labels), tuple(head["region_kinds"]))
    memory = ImageNetMemory(encoder, tuple(head["memory"]), head["first_trained_block"]) if head["memory"] else None
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(f"{folder}: the weights do not fit head.json") from error
    if memory is not None:
        model.remember(memory, head["first_trained_block"], head["memory"])
    return model.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload, no-any-return]


def weights_digest(folder: Path) -> str:
    """sha256 of the weights."""
    with (folder / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
