"""Rounds: what a model says of sources and families that it has never seen, so that thresholds hold on new ones.

A random split is a mirage for pictures: a model knows a set by its look. So the run is repeated a few times, each time
without some whole sources and families (and everything that shares a group with them), and speaks about those. All
rounds together say something about every source; calibration, thresholds and the reported numbers come from them.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from models.data.examples import Split
from models.data.images.pictures import Kind
from models.data.images.store import Pictures
from models.training.device import autocast
from models.training.vision.config import Round, VisionConfig
from models.training.vision.material import VisionMaterial
from models.training.vision.model import SIDE, VisionModel

BATCH = 64


@dataclass(frozen=True)
class Predictions:
    """What models said of pictures they had not learned from.

    Attributes:
        rows: in the built set. *Shape:* `(n,)`.
        rounds: name of the round whose model spoke. *Shape:* `(n,)`.
        logits: *Shape:* `(n, L)`.
        regions: probabilities of places, float16. *Shape:* `(n, K, 28, 28)`.

    """

    rows: NDArray[np.int64]
    rounds: NDArray[np.str_]
    logits: NDArray[np.float32]
    regions: NDArray[np.float16]


def training_rows(pictures: Pictures, held_out: Round | None) -> NDArray[np.int64]:
    """Rows a round learns from: the training split, or all that is free of the held-out sources and their groups."""
    if held_out is None:
        return np.flatnonzero(pictures.splits != Split.TEST)
    held = held_out_mask(pictures, held_out)
    return np.flatnonzero(~held & ~np.isin(pictures.groups, pictures.groups[held]))


def spoken_rows(pictures: Pictures, held_out: Round) -> NDArray[np.int64]:
    """Rows a round speaks about: held-out photographs, memes and drawings as they came, no crops."""
    return np.flatnonzero(held_out_mask(pictures, held_out) & (pictures.kinds != Kind.CROP))


def held_out_mask(pictures: Pictures, held_out: Round) -> NDArray[np.bool_]:
    """Rows of the held-out names, which are `source` or `source/family`. *Shape:* `(n,)`."""
    both = np.char.add(np.char.add(pictures.sources, "/"), pictures.families)
    held: NDArray[np.bool_] = np.isin(pictures.sources, held_out.sources) | np.isin(both, held_out.sources)
    return held


def predict(
    model: VisionModel, material: VisionMaterial, config: VisionConfig
) -> tuple[NDArray[np.float32], NDArray[np.float16]]:
    """Logits and places of every picture, seen whole. *Shape:* `(n, L)` and `(n, K, 28, 28)`."""
    logits, regions = [], []
    with torch.inference_mode(), autocast(torch.device("cpu"), config.precision):
        for first in range(0, len(material), BATCH):
            pixels = material.pixels(np.arange(first, min(first + BATCH, len(material))))
            if pixels.shape[-1] != SIDE:
                pixels = functional.interpolate(pixels.float(), (SIDE, SIDE), mode="bilinear", antialias=True)
            out, places = model.judge(pixels.contiguous(memory_format=torch.channels_last))
            logits.append(out.float().numpy())
            regions.append(torch.sigmoid(places.float()).numpy().astype(np.float16))
    return np.concatenate(logits), np.concatenate(regions)


def save_predictions(path: Path, predictions: Predictions) -> None:
    """Write them beside the run."""
    np.savez_compressed(path, **vars(predictions))


def load_predictions(run_dir: Path) -> Predictions:
    """The predictions of all rounds of a run, one below the other.

    Raises:
        FileNotFoundError: no round has finished.

    """
    found = [np.load(path) for path in sorted(run_dir.glob("rounds/*/predictions.npz"))]
    if not found:
        raise FileNotFoundError(f"{run_dir}: no round has finished; run `weir train image-rounds` first")
    return Predictions(*(np.concatenate([one[name] for one in found]) for name in Predictions.__annotations__))


def save_json(path: Path, value: object) -> None:
    """Write a small value for people and scripts."""
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
