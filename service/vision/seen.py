"""What the image models saw in one picture, read out of their outputs: scores, words to read, places."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.contracts import Category, FailureCode, OperatingPoint, Region, RegionKind
from models.runtime.vision.regions import region_boxes
from service.batcher import PROB_DECIMALS
from service.bundles import LoadedImageModel
from service.scorer import Floats
from service.vision.image_batcher import Outputs
from service.vision.picture import Picture
from service.vision.refusal import ItemRefusedError

HARM_KINDS: Final = frozenset({RegionKind.WEAPONS, RegionKind.FIRE})
"""Kinds of region that explain a score. The others are people's privacy and only looked for on request."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture of an item and what the models say of it.

    Attributes:
        index: which of the item's images.
        probs: for each model, the highest probability of any frame, in the order of its labels.
        wordy: the frames in which there may be words, in order.

    """

    index: int
    picture: Picture
    outputs: Sequence[Outputs]
    probs: Sequence[list[float]]
    wordy: tuple[int, ...]


def read_outputs(index: int, picture: Picture, outputs: Sequence[Outputs], models: Sequence[LoadedImageModel]) -> Seen:
    """Read the models' outputs for one picture; all frames count, and the highest wins.

    Raises:
        ItemRefusedError: A model gave a score that is not a number.

    """
    probs = [_probs(index, output, model) for output, model in zip(outputs, models, strict=True)]
    return Seen(index, picture, outputs, probs, _wordy(outputs, models))


def _probs(index: int, outputs: Outputs, model: LoadedImageModel) -> list[float]:
    probs = model.scorer.probabilities(outputs.logits).astype(np.float64)
    if not np.isfinite(probs).all():
        raise ItemRefusedError(FailureCode.UNSCORABLE, index)
    highest: list[float] = probs.max(axis=0).round(PROB_DECIMALS).tolist()
    return highest


def _wordy(outputs: Sequence[Outputs], models: Sequence[LoadedImageModel]) -> tuple[int, ...]:
    """Frames that pass the gate of the first model that has one; without a gate every frame is read."""
    n_frames = len(outputs[0].logits)
    for output, model in zip(outputs, models, strict=True):
        gate = model.manifest.text_gate
        text_probs = None if gate is None else model.scorer.text_prob(output.logits)
        if text_probs is not None:
            return tuple(frame for frame in range(n_frames) if not text_probs[frame] < gate)
    return tuple(range(n_frames))


def find_regions(seen: Seen, models: Sequence[LoadedImageModel], kinds: Collection[RegionKind]) -> tuple[Region, ...]:
    """Places of these kinds in a picture; of an animation, in any of its frames."""
    for output, model in zip(seen.outputs, models, strict=True):
        if output.regions is not None and kinds:
            thresholds = model.manifest.region_thresholds
            found = region_boxes(_highest(output.regions), model.manifest.region_kinds, thresholds)
            return tuple(region for region in found if region.kind in kinds)
    return ()


def suspected_kinds(seen: Seen, models: Sequence[LoadedImageModel]) -> frozenset[RegionKind]:
    """Kinds of region that have something to explain: their category is at its recall point at least."""
    suspected: set[str] = set()
    for probs, model in zip(seen.probs, models, strict=True):
        for label, prob in zip(model.scorer.labels, probs, strict=True):
            if prob >= model.thresholds.categories[label][OperatingPoint.RECALL]:
                suspected.add(label.value)
    return frozenset(kind for kind in HARM_KINDS if kind.value in suspected)


def explains(kind: RegionKind, category: Category | None) -> bool:
    """Whether a region of this kind shows what a category is about; none shows what is about no category."""
    return category is not None and kind in HARM_KINDS and kind.value == category.value


def _highest(regions: Floats) -> Floats:
    highest: Floats = regions.max(axis=0)
    return highest
