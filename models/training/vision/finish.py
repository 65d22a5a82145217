"""Finish: the last stage of an image run: the text gate and the copy embedding, learnt on the finished encoder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.data.examples import Split
from models.data.images.pictures import Kind
from models.training.vision.checkpoint import load_vision, save_vision
from models.training.vision.config import VisionConfig
from models.training.vision.copies import train_copies
from models.training.vision.gate import fit_gate, gate_examples, unseen_gate
from models.training.vision.layout import lay_out
from models.training.vision.material import CANVAS_SIDE
from models.training.vision.model import VisionModel
from models.training.vision.run import BEST, PictureSet, settle

Progress = Callable[[str, int, int], None]
FINISHED = "finished"
GATE = "gate.npz"
"""What gates said of sources they had not seen."""


def finish_image(config: VisionConfig, data: PictureSet, run_dir: Path, report: Progress) -> VisionModel:
    """Learn copies from one picture of every near-duplicate group, and write `finished/` beside `best/`.

    Raises:
        CheckpointError: there is no trained model in the run.

    """
    settle(config)
    model = load_vision(run_dir / BEST)
    pictures = data.pictures
    learnable = (pictures.splits != Split.TEST) & (pictures.kinds != Kind.CROP)
    rows = np.flatnonzero(learnable)
    _, first = np.unique(pictures.groups[rows], return_index=True)
    rows = np.sort(rows[first])
    material = lay_out(pictures, rows, data.mirror, data.folder, config, CANVAS_SIDE, report)
    examples = gate_examples(model, material, pictures.kinds[rows] == Kind.PHOTO, config, report)
    np.savez_compressed(
        run_dir / GATE, logits=unseen_gate(examples), has_text=examples.has_text, sources=examples.sources
    )
    fit_gate(model.gate, examples)
    train_copies(model, material, config, report)
    save_vision(model, run_dir / FINISHED, config, data.digest)
    return model
