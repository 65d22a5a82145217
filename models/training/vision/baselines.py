"""What the image model has to beat: frozen ImageNet features with a regression, and ImageNet's own classes.

Both speak about the same rounds of unseen sources. The weak spot of the first is its false alarms on new sources; the
second was never told what a weapon looks like to us.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.data.images.pictures import Kind
from models.data.images.store import Pictures
from models.training.device import autocast, settle
from models.training.vision.config import Round, VisionConfig
from models.training.vision.encoder import ImageEncoder, imagenet_logits, load_image_encoder
from models.training.vision.layout import lay_out
from models.training.vision.material import UNKNOWN, VisionMaterial
from models.training.vision.memory import IMAGENET_CLASSES
from models.training.vision.model import SIDE
from models.training.vision.rounds import spoken_rows, training_rows
from models.training.vision.run import PictureSet, presume_harmless

Progress = Callable[[str, int, int], None]
BATCH: Final = 64
FROZEN: Final = "frozen-lr"
IMAGENET: Final = "imagenet-classes"


@dataclass(frozen=True)
class Frozen:
    """The pretrained encoder's view of every picture: features `(n, 1280)` and class log-odds `(n, L)`."""

    features: NDArray[np.float32]
    odds: NDArray[np.float32]


def frozen_view(encoder: ImageEncoder, material: VisionMaterial, config: VisionConfig, report: Progress) -> Frozen:
    """Run the pretrained encoder over a material."""
    features, odds = [], []
    with torch.inference_mode(), autocast(torch.device("cpu"), config.precision):
        for first in range(0, len(material), BATCH):
            pixels = material.pixels(np.arange(first, min(first + BATCH, len(material))))
            coarse = encoder(pixels.contiguous(memory_format=torch.channels_last)).coarse
            features.append(coarse.mean(dim=(2, 3)).float().numpy())
            odds.append(class_odds(imagenet_logits(encoder, coarse).float().numpy(), config.labels))
            report("frozen features", min(first + BATCH, len(material)), len(material))
    return Frozen(np.concatenate(features), np.concatenate(odds))


def class_odds(logits: NDArray[np.float32], labels: tuple[str, ...]) -> NDArray[np.float32]:
    """Log-odds that the picture is of any of a label's ImageNet classes. *Shape:* `(n, 1000)` to `(n, L)`."""
    columns = []
    for label in labels:
        chosen = np.zeros(logits.shape[1], dtype=bool)
        chosen[list(IMAGENET_CLASSES[label])] = True
        columns.append(np.logaddexp.reduce(logits[:, chosen], axis=1) - np.logaddexp.reduce(logits[:, ~chosen], axis=1))
    return np.stack(columns, axis=1).astype(np.float32)


def fit_frozen(pictures: Pictures, frozen: Frozen, targets: NDArray[np.int8], held_out: Round) -> NDArray[np.float32]:
    """Fit on what a round may learn from and speak about the rest. *Shape:* `(len(spoken_rows), L)`.

    Args:
        pictures: the built set.
        frozen: of all its rows.
        targets: labels of all its rows. *Shape:* `(n, L)`.
        held_out: the round.

    """
    train, spoken = training_rows(pictures, held_out), spoken_rows(pictures, held_out)
    train = train[pictures.kinds[train] != Kind.CROP]
    columns = []
    for column in range(targets.shape[1]):
        known = train[targets[train, column] != UNKNOWN]
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
        model.fit(frozen.features[known], targets[known, column])
        columns.append(model.decision_function(frozen.features[spoken]))
    return np.stack(columns, axis=1).astype(np.float32)


def speak_for_baselines(config: VisionConfig, data: PictureSet, run_dir: Path, report: Progress) -> None:
    """Compute the frozen view of the whole set once, and write both baselines' logits beside every round.

    Raises:
        FileNotFoundError: the mirror lacks a picture.

    """
    settle(config.seed, config.threads)
    pictures = data.pictures
    material = lay_out(pictures, np.arange(len(pictures)), data.mirror, data.folder, config, SIDE, report)
    frozen = frozen_view(load_image_encoder(config.encoder), material, config, report)
    presume_harmless(material, config)
    targets = material.targets[:, : len(config.labels)]
    for held_out in config.rounds:
        round_dir = run_dir / "rounds" / held_out.name
        save_baseline(round_dir, FROZEN, fit_frozen(pictures, frozen, targets, held_out))
        save_baseline(round_dir, IMAGENET, frozen.odds[spoken_rows(pictures, held_out)])
        report("rounds", config.rounds.index(held_out) + 1, len(config.rounds))


def save_baseline(round_dir: Path, name: str, logits: NDArray[np.float32]) -> None:
    """Write a baseline's logits beside the round's predictions, row for row."""
    round_dir.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(round_dir / f"{name}.npz", logits=logits)


def load_baseline(run_dir: Path, name: str) -> NDArray[np.float32] | None:
    """The baseline's logits of all rounds in the order of `load_predictions`, None where it was not fitted."""
    paths = [path.parent / f"{name}.npz" for path in sorted(run_dir.glob("rounds/*/predictions.npz"))]
    if not all(path.is_file() for path in paths):
        return None
    return np.concatenate([np.load(path)["logits"] for path in paths])
