"""Small real models of pictures for tests: what a colour covers is what a picture shows. No files and no network.

Green is a weapon, red is fire, blue is words, yellow is a face. Two colours are faults on purpose, to see who else they
hurt: cyan breaks the model, magenta gives NaN.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from models.contracts import Box, BundleReference, Category, OperatingPoint, TextRegion, ThresholdTable
from service.bundles import LoadedImageModel, LoadedJointModel, LoadedModels
from service.scorer import Floats
from service.vision.scorers import Pixels
from tests.service.hashing import BUNDLE, EMBEDDING, loaded_model
from tests.service.manifests import image_manifest, joint_manifest

GREEN, RED, BLUE, YELLOW = (0, 255, 0), (255, 0, 0), (0, 0, 255), (255, 255, 0)
CYAN, MAGENTA, WHITE, GREY = (0, 255, 255), (255, 0, 255), (255, 255, 255), (128, 128, 128)
Colour = tuple[int, int, int]
SIDE, REGION_SIDE = 32, 8
IMAGE_BUNDLE = BundleReference(name="colours", version="1.0.0", digest="1" * 64)
JOINT_BUNDLE = BundleReference(name="jointly", version="1.0.0", digest="2" * 64)
MANIFEST = image_manifest(
    name="colours",
    labels=["weapons", "fire"],
    auxiliary_labels=["text"],
    region_kinds=["weapons", "fire", "face"],
    region_thresholds={"weapons": 0.5, "fire": 0.5, "face": 0.5},
    embedding_size=12,
    embedding_threshold=0.0002,
    feature_size=4,
    text_gate=0.5,
)


def _share(pixels: Pixels, colour: Colour) -> Floats:
    """How much of each part a colour covers: *Shape:* (n, rows, columns)."""
    near: Floats = (np.abs(pixels.astype(np.int16) - np.array(colour)).max(axis=-1) < 60).astype(np.float32)
    return near


@dataclass(frozen=True)
class ColourOutputs:
    logits: Floats
    regions: Floats
    embedding: Floats
    features: Floats


class ColourScorer:
    """Satisfies `service.vision.scorers.ImageScorer`."""

    labels = (Category.WEAPONS, Category.FIRE)

    def __init__(self) -> None:
        self.batches: list[int] = []

    def infer(self, pixels: Pixels) -> ColourOutputs:
        assert pixels.shape[1:] == (SIDE, SIDE, 3)
        assert pixels.dtype == np.uint8
        self.batches.append(len(pixels))
        maps = {colour: _share(pixels, colour) for colour in (GREEN, RED, BLUE, YELLOW, CYAN, MAGENTA)}
        if (maps[CYAN].mean(axis=(1, 2)) > 0.5).any():
            raise RuntimeError("a message that quotes: cyan")
        shares = np.stack([maps[colour].mean(axis=(1, 2)) for colour in (GREEN, RED, BLUE)], axis=1)
        logits = (120 * shares - 5).astype(np.float32)
        logits[maps[MAGENTA].mean(axis=(1, 2)) > 0.5] = np.nan
        cells = np.stack([_cells(maps[colour]) for colour in (GREEN, RED, YELLOW)], axis=1)
        thumbs = pixels.reshape(len(pixels), 2, SIDE // 2, 2, SIDE // 2, 3).mean(axis=(2, 4)).reshape(len(pixels), -1)
        norms = np.linalg.norm(thumbs + 1, axis=1, keepdims=True)
        features = np.concatenate([shares, np.ones((len(pixels), 1))], axis=1).astype(np.float32)
        return ColourOutputs(logits, 10 * cells - 5, ((thumbs + 1) / norms).astype(np.float32), features)

    def probabilities(self, logits: Floats) -> Floats:
        probs: Floats = 1.0 / (1.0 + np.exp(-logits[:, :2]))
        return probs

    def text_prob(self, logits: Floats) -> Floats | None:
        probs: Floats = 1.0 / (1.0 + np.exp(-logits[:, 2]))
        return probs


def _cells(share: Floats) -> Floats:
    size = SIDE // REGION_SIDE
    cells: Floats = share.reshape(len(share), REGION_SIDE, size, REGION_SIDE, size).mean(axis=(2, 4))
    return cells


class PairScorer:
    """Satisfies `service.vision.scorers.JointScorer`: harmful where a red picture comes with words."""

    labels = (Category.HARMFUL_MEME,)

    def infer(self, text: Floats, image_text: Floats, image: Floats) -> Floats:
        assert text.shape == image_text.shape == (len(image), EMBEDDING)
        has_words = (np.abs(text).sum(axis=1) > 0) | (np.abs(image_text).sum(axis=1) > 0)
        logits: Floats = (12 * (image[:, 1] > 0.05) + 12 * has_words - 18).astype(np.float32)[:, np.newaxis]
        return logits

    def probabilities(self, logits: Floats) -> Floats:
        probs: Floats = 1.0 / (1.0 + np.exp(-logits))
        return probs


@dataclass(frozen=True)
class SpelledWords:
    text: str
    regions: tuple[TextRegion, ...]


class SpellingReader:
    """Satisfies `service.vision.scorers.Reader`: the green part of the last pixel says which words there are."""

    words = ("", "you lovely people", "you idiot", "brokenmodel", "notanumber")

    def __init__(self) -> None:
        self.n_frames = 0
        self.is_broken = False
        self.is_slow = False

    async def read(self, frames: Sequence[Pixels]) -> list[SpelledWords]:
        self.n_frames += len(frames)
        if self.is_broken:
            raise RuntimeError("a message that quotes: words")
        if self.is_slow:
            await asyncio.sleep(60)
        return [self._read(int(frame[-1, -1, 1]) // 10) for frame in frames]

    def _read(self, number: int) -> SpelledWords:
        text = self.words[number]
        box = Box(x0=0.1, y0=0.1, x1=0.9, y1=0.2)
        return SpelledWords(text, (TextRegion(box=box, text=text, confidence=0.9),) if text else ())

    def close(self) -> None:
        """Nothing is open."""


def wordy(number: int) -> Colour:
    """A blue that the reader reads as `SpellingReader.words[number]`."""
    return (0, 10 * number, 255)


def thresholds(*labels: Category) -> ThresholdTable:
    points = {OperatingPoint.RECALL: 0.5, OperatingPoint.BALANCED: 0.7, OperatingPoint.PRECISION: 0.9}
    return ThresholdTable(categories=dict.fromkeys(labels, points))


def image_model() -> LoadedImageModel:
    return LoadedImageModel(ColourScorer(), thresholds(*ColourScorer.labels), IMAGE_BUNDLE, MANIFEST)


def seeing_models(_: object = None) -> LoadedModels:
    joint = joint_manifest(text_bundle=BUNDLE.digest, image_bundle=IMAGE_BUNDLE.digest, text_size=EMBEDDING)
    return LoadedModels(
        loaded_model().text,
        (image_model(),),
        LoadedJointModel(PairScorer(), thresholds(Category.HARMFUL_MEME), JOINT_BUNDLE, joint),
    )


def picture(*colours: Colour, side: int = 64, ground: Colour = GREY) -> Image.Image:
    """Colours as squares side by side in the top left, each a quarter of the picture's side, on a ground."""
    image = Image.new("RGB", (side, side), ground)
    for index, colour in enumerate(colours):
        x, y = index % 4 * side // 4, index // 4 * side // 4
        image.paste(colour, (x, y, x + side // 4, y + side // 4))
    return image


def flat(colour: Colour, side: int = 64) -> Image.Image:
    return Image.new("RGB", (side, side), colour)


def png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def gif(*frames: Image.Image) -> bytes:
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=200)
    return out.getvalue()
