"""Finish: the last stage of an image run: the text gate and the copy embedding, learnt on the finished encoder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.data.examples import Split
from models.data.images.pictures import Kind
from models.training.device import settle
from models.training.vision.checkpoint import load_vision, save_vision
from models.training.vision.config import VisionConfig
from models.training.vision.copies import train_copies
from models.training.vision.gate import GateExamples, fit_gate, gate_examples, unseen_gate
from models.training.vision.layout import lay_out
from models.training.vision.material import CANVAS_SIDE, VisionMaterial
from models.training.vision.model import VisionModel
from models.training.vision.run import BEST, PictureSet

Progress = Callable[[str, int, int], None]
FINISHED = "finished"
GATE_UNSEEN = "gate-unseen.npz"
"""What gates said of sources they had not seen."""
GATE_TEST = "gate-test.npz"
"""What the gate that ships said of the test split."""


def finish_image(config: VisionConfig, data: PictureSet, run_dir: Path, report: Progress) -> VisionModel:
    """Learn the gate and copies from one picture of every near-duplicate group; `finished/` comes beside `best/`.

    Raises:
        CheckpointError: there is no trained model in the run.

    """
    settle(config.seed, config.threads)
    model = load_vision(run_dir / BEST)
    material, photographs = _one_a_group(config, data, held_out=False, report=report)
    examples = gate_examples(model, material, photographs, config, report)
    save_gate(run_dir / GATE_UNSEEN, unseen_gate(examples), examples)
    fit_gate(model.gate, examples)
    train_copies(model, material, config, report)
    save_vision(model, run_dir / FINISHED, config, data.digest)
    measure_gate(model, config, data, run_dir, report)
    return model


def measure_gate(model: VisionModel, config: VisionConfig, data: PictureSet, run_dir: Path, report: Progress) -> None:
    """Have the finished gate speak about the test split: known sources, pictures that nothing has learnt from."""
    material, photographs = _one_a_group(config, data, held_out=True, report=report)
    examples = gate_examples(model, material, photographs, config, report)
    with torch.inference_mode():
        said = model.gate(torch.from_numpy(examples.pooled))[:, 0].numpy()
    save_gate(run_dir / GATE_TEST, said, examples)


def save_gate(path: Path, logits: NDArray[np.floating], examples: GateExamples) -> None:
    """Write what a gate said beside what is true."""
    np.savez_compressed(path, logits=logits, has_text=examples.has_text, sources=examples.sources)


def _one_a_group(
    config: VisionConfig, data: PictureSet, *, held_out: bool, report: Progress
) -> tuple[VisionMaterial, NDArray[np.bool_]]:
    """One picture of every group, without crops, and which of them are photographs."""
    pictures = data.pictures
    rows = np.flatnonzero(((pictures.splits == Split.TEST) == held_out) & (pictures.kinds != Kind.CROP))
    _, first = np.unique(pictures.groups[rows], return_index=True)
    rows = np.sort(rows[first])
    material = lay_out(pictures, rows, data.mirror, data.folder, config, CANVAS_SIDE, report)
    return material, pictures.kinds[rows] == Kind.PHOTO
