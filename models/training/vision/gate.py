"""The gate in front of the reader: whether a picture has text at all.

Learnt on the finished encoder from pairs: a photograph without words, and the same photograph with words drawn over
it. Only the words differ, so the gate cannot take faces for memes (the label `text`, learnt with the other labels,
did: of a source of portraits it had not seen it took 95 % for pictures with text). Pooled levels of all sizes, because
letters are small.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from torch import nn

from models.data.images.rendering.cards import caption
from models.runtime.vision.preparation import square_pixels
from models.training.device import autocast
from models.training.vision.config import VisionConfig
from models.training.vision.copies import plain
from models.training.vision.material import VisionMaterial
from models.training.vision.model import VisionModel, pooled_levels

Progress = Callable[[str, int, int], None]
BATCH: Final = 64
PENALTY: Final = 0.3
"""Inverse strength of the regression's penalty, on standardised columns."""


@dataclass(frozen=True)
class GateExamples:
    """What the gate learns from.

    Attributes:
        pooled: *Shape:* `(n, 1432)`.
        has_text: *Shape:* `(n,)`.
        sources: *Shape:* `(n,)`; a captioned photograph has the photograph's.

    """

    pooled: NDArray[np.float32]
    has_text: NDArray[np.bool_]
    sources: NDArray[np.str_]

    def take(self, rows: NDArray[np.bool_]) -> "GateExamples":
        """Some of them."""
        return GateExamples(self.pooled[rows], self.has_text[rows], self.sources[rows])


def gate_examples(
    model: VisionModel, material: VisionMaterial, photographs: NDArray[np.bool_], config: VisionConfig, report: Progress
) -> GateExamples:
    """Pool every picture whose text is known, and every photograph known to have none once more with a caption.

    Args:
        model: with a trained encoder.
        material: its auxiliary labels end with `text`.
        photographs: which pictures may be captioned. *Shape:* `(n,)`.
        config: seed and precision.
        report: told what is done.

    """
    text = material.targets[:, (*config.labels, *config.auxiliary_labels).index("text")]
    known, bare = np.flatnonzero(text >= 0), np.flatnonzero((text == 0) & photographs)
    captioned = material.canvases[bare].copy()
    for position, row in enumerate(bare):
        captioned[position] = captioned_canvas(captioned[position], Random(config.seed * 1_000_003 + int(row)))
    canvases = np.concatenate([material.canvases[known], captioned])
    return GateExamples(
        pooled=pool(model, canvases, config, report),
        has_text=np.concatenate([text[known] == 1, np.ones(len(bare), dtype=bool)]),
        sources=np.concatenate([material.sources[known], material.sources[bare]]),
    )


def captioned_canvas(canvas: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """Words over a picture. *Shape:* `(3, c, c)`, kept."""
    side = canvas.shape[-1]
    picture = caption(random, Image.fromarray(np.ascontiguousarray(canvas.transpose(1, 2, 0))), side)
    return square_pixels(np.asarray(picture.convert("RGB"), dtype=np.uint8), side).transpose(2, 0, 1)


def pool(
    model: VisionModel, canvases: NDArray[np.uint8], config: VisionConfig, report: Progress
) -> NDArray[np.float32]:
    """Pooled levels of canvases. *Shape:* `(n, 3, c, c)` to `(n, 1432)`."""
    pooled = np.empty((len(canvases), model.gate.in_features), dtype=np.float32)
    with torch.inference_mode(), autocast(torch.device("cpu"), config.precision):
        for first in range(0, len(canvases), BATCH):
            pixels = plain(torch.from_numpy(canvases[first : first + BATCH]))
            pyramid = model.encoder(pixels.contiguous(memory_format=torch.channels_last))
            pooled[first : first + BATCH] = pooled_levels(pyramid).float().numpy()
            report("pictures with and without text", min(first + BATCH, len(canvases)), len(canvases))
    return pooled


def fit_gate(gate: nn.Linear, examples: GateExamples) -> None:
    """Fit the gate in place; every source counts the same, and with and without text count the same."""
    mean, deviation = examples.pooled.mean(axis=0), examples.pooled.std(axis=0) + 1e-4
    weights = np.zeros(len(examples.has_text))
    for source in np.unique(examples.sources):
        for value in (True, False):
            rows = (examples.sources == source) & (examples.has_text == value)
            weights[rows] = 1.0 / np.sqrt(max(1, rows.sum()))
    fitted = LogisticRegression(C=PENALTY, max_iter=300, class_weight="balanced")
    fitted.fit((examples.pooled - mean) / deviation, examples.has_text, sample_weight=weights / weights.mean())
    slope = fitted.coef_[0] / deviation
    with torch.no_grad():
        gate.weight.copy_(torch.from_numpy(slope.astype(np.float32))[None])
        gate.bias.fill_(float(fitted.intercept_[0] - slope @ mean))


def unseen_gate(examples: GateExamples) -> NDArray[np.float64]:
    """What gates fitted without a source say of it: log-odds of text. *Shape:* `(n,)`.

    The encoder has seen the source; only the gate has not.
    """
    said = np.zeros(len(examples.has_text))
    for source in np.unique(examples.sources):
        held = examples.sources == source
        gate = nn.Linear(examples.pooled.shape[1], 1)
        fit_gate(gate, examples.take(~held))
        with torch.inference_mode():
            said[held] = gate(torch.from_numpy(examples.pooled[held]))[:, 0].numpy()
    return said
