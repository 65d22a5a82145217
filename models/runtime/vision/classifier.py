"""The image classifier: an image bundle at work. One pass a batch of squares; what it says is read out in numpy."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.contracts.bundle import ImageManifest
from models.contracts.taxonomy import Category
from models.runtime.bundle import MODEL_FILE, BundleInvalidError, ImageBundle
from models.runtime.calibration import BatchCalibration, batch_calibration, sigmoid
from models.runtime.classifier import open_session

Float32s = NDArray[np.float32]
Pixels = NDArray[np.uint8]

INPUT: Final = "pixels"
TEXT_LABEL: Final = "text"
"""The auxiliary label that says whether a picture holds text worth reading."""


@dataclass(frozen=True, slots=True)
class ImageOutputs:
    """What a model gives for n pictures; None for what the bundle does not have.

    Attributes:
        logits: labels, then auxiliary labels. *Shape:* `(n, L + A)`.
        regions: logits of the kinds of region, by place. *Shape:* `(n, K, S, S)`.
        embedding: rows of length 1, for copies of known pictures. *Shape:* `(n, E)`.
        features: for joint models. *Shape:* `(n, F)`.

    """

    logits: Float32s
    regions: Float32s | None
    embedding: Float32s | None
    features: Float32s | None


class ImageClassifier:
    """Scores pictures with one bundle.

    A score does not depend on what else is in the batch, and `infer` may be called from several threads. Open one with
    `open_image_classifier`.
    """

    def __init__(self, bundle: ImageBundle, session: ort.InferenceSession, calibration: BatchCalibration) -> None:
        self.bundle = bundle
        self._session = session
        self._calibration = calibration
        self._outputs = tuple(_expected_outputs(bundle.manifest))

    @property
    def labels(self) -> tuple[Category, ...]:
        """The categories it scores, in the order of its columns."""
        return self.bundle.manifest.labels

    @property
    def side(self) -> int:
        """Pixels on each side of the square it looks at."""
        return self.bundle.manifest.geometry.side

    def infer(self, pixels: Pixels) -> ImageOutputs:
        """Run the model once.

        Args:
            pixels: one or more whole pictures squashed to a square, RGB. *Shape:* `(n, side, side, 3)`, uint8.

        Returns:
            Not a number where the model overflowed.

        Raises:
            ValueError: another shape or type.

        """
        expected = (self.side, self.side, 3)
        if pixels.dtype != np.uint8 or len(pixels) == 0 or pixels.shape[1:] != expected:
            raise ValueError(f"pixels are uint8 of shape (n, {self.side}, {self.side}, 3), not {pixels.shape}")
        values = dict(zip(self._outputs, self._session.run(self._outputs, {INPUT: pixels}), strict=True))
        return ImageOutputs(values["logits"], values.get("regions"), values.get("embedding"), values.get("features"))

    def probabilities(self, logits: Float32s) -> Float32s:
        """Calibrated probabilities. *Shape:* `(n, n_labels)`.

        A row in which any logit is not finite is NaN throughout: the caller must fail that item, and only that item.
        """
        return self._calibration.apply(logits)

    def text_prob(self, logits: Float32s) -> Float32s | None:
        """Probability that there is text to read. *Shape:* `(n,)`, NaN where its logit is not a number.

        None when the model was not taught to see text: every picture is read then.
        """
        auxiliary = self.bundle.manifest.auxiliary_labels
        if TEXT_LABEL not in auxiliary:
            return None
        column = logits[:, len(self.labels) + auxiliary.index(TEXT_LABEL)]
        return sigmoid(column.astype(np.float64)).astype(np.float32)


def open_image_classifier(bundle: ImageBundle, n_threads: int = 1) -> ImageClassifier:
    """Open the model of a verified bundle.

    Raises:
        BundleInvalidError: the model cannot be opened, or its input and outputs are not the manifest's.

    """
    session = open_session(str(bundle.path / MODEL_FILE), n_threads)
    _require_signature(bundle, session)
    calibration = batch_calibration([bundle.calibration.categories[label] for label in bundle.manifest.labels])
    return ImageClassifier(bundle, session, calibration)


def _expected_outputs(manifest: ImageManifest) -> dict[str, tuple[int, ...]]:
    """Outputs by name, with their shapes after the batch."""
    geometry = manifest.geometry
    shapes = {"logits": (len(manifest.labels) + len(manifest.auxiliary_labels),)}
    optional = {
        "regions": (len(manifest.region_kinds), geometry.region_side, geometry.region_side),
        "embedding": (manifest.embedding_size or 0,),
        "features": (manifest.feature_size or 0,),
    }
    return shapes | {name: shape for name, shape in optional.items() if shape[0]}


def _require_signature(bundle: ImageBundle, session: ort.InferenceSession) -> None:
    """The model takes pixels and gives what the manifest says. Sizes that the graph leaves open are not checked."""
    path, side = bundle.path / MODEL_FILE, bundle.manifest.geometry.side
    inputs = {one.name: (one.type, tuple(one.shape)) for one in session.get_inputs()}
    kind, shape = inputs.get(INPUT, ("", ()))
    if len(inputs) != 1 or kind != "tensor(uint8)" or not _fits(shape[1:], (side, side, 3)):
        raise BundleInvalidError(f"{path}: its only input is not {INPUT}, uint8 of shape (n, {side}, {side}, 3)")
    if isinstance(shape[0], int):
        raise BundleInvalidError(f"{path}: it takes {shape[0]} pictures at a time, not any number")
    outputs = {one.name: tuple(one.shape) for one in session.get_outputs()}
    for name, expected in _expected_outputs(bundle.manifest).items():
        if name not in outputs or not _fits(outputs[name][1:], expected):
            raise BundleInvalidError(f"{path}: it has no output {name} of shape (n, {', '.join(map(str, expected))})")


def _fits(given: tuple[object, ...], expected: tuple[int, ...]) -> bool:
    """Whether a graph's shape, in which names and None stand for what is open, can be the expected one."""
    return len(given) == len(expected) and all(
        not isinstance(a, int) or a == b for a, b in zip(given, expected, strict=True)
    )
