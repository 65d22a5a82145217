"""The joint classifier: words and picture together, over what the text and the image model made of them.

A joint bundle means nothing without the two bundles it was trained on: embeddings of another model are other numbers.
`require_parts` refuses such a mixture.
"""

from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.contracts.taxonomy import Category
from models.runtime.bundle import (
    MODEL_FILE,
    BundleError,
    BundleInvalidError,
    ImageBundle,
    JointBundle,
    TextBundle,
)
from models.runtime.calibration import BatchCalibration, batch_calibration
from models.runtime.classifier import open_session

Float32s = NDArray[np.float32]

INPUTS: Final = ("text", "image_text", "image")
OUTPUT: Final = "logits"


class BundleMismatchError(BundleError):
    """A joint bundle is put together with bundles that it was not trained on."""


class JointClassifier:
    """Scores posts with one joint bundle.

    A score does not depend on what else is in the batch, and `infer` may be called from several threads. Open one with
    `open_joint_classifier`.
    """

    def __init__(self, bundle: JointBundle, session: ort.InferenceSession, calibration: BatchCalibration) -> None:
        self.bundle = bundle
        self._session = session
        self._calibration = calibration

    @property
    def labels(self) -> tuple[Category, ...]:
        """The categories it scores, in the order of its columns."""
        return self.bundle.manifest.labels

    def infer(self, text: Float32s, image_text: Float32s, image: Float32s) -> Float32s:
        """Run the model once, on one or more posts.

        A row of zeros means that there is nothing of that kind; at least the picture should be there.

        Args:
            text: embedding of the text beside the picture. *Shape:* `(n, text_size)`.
            image_text: embedding of the words read in the picture. *Shape:* `(n, text_size)`.
            image: features of the picture. *Shape:* `(n, image_size)`.

        Returns:
            Logits, labels before auxiliary labels. *Shape:* `(n, n_labels + n_auxiliary)`. Not a number where an
            input is not.

        Raises:
            ValueError: an input has another shape or type.

        """
        values = dict(zip(INPUTS, (text, image_text, image), strict=True))
        self._require_shapes(values)
        logits: Float32s = self._session.run((OUTPUT,), values)[0]
        return logits

    def probabilities(self, logits: Float32s) -> Float32s:
        """Calibrated probabilities. *Shape:* `(n, n_labels)`.

        A row in which any label's logit is not finite is NaN throughout: the caller must fail that item, and only
        that item.
        """
        return self._calibration.apply(logits)

    def _require_shapes(self, values: dict[str, Float32s]) -> None:
        n = len(values["image"])
        for name, expected in _widths(self.bundle).items():
            given = values[name]
            if given.dtype != np.float32 or given.shape != (n, expected) or n == 0:
                raise ValueError(f"{name} is float32 of shape (n, {expected}), n the same for all, not {given.shape}")


def open_joint_classifier(bundle: JointBundle, n_threads: int = 1) -> JointClassifier:
    """Open the model of a verified bundle.

    Raises:
        BundleInvalidError: the model cannot be opened, or its inputs and outputs are not the format's.

    """
    session = open_session(str(bundle.path / MODEL_FILE), n_threads)
    _require_signature(bundle, session)
    calibration = batch_calibration([bundle.calibration.categories[label] for label in bundle.manifest.labels])
    return JointClassifier(bundle, session, calibration)


def require_parts(joint: JointBundle, text: TextBundle, image: ImageBundle) -> None:
    """Pass when the joint bundle was trained on exactly these two.

    Raises:
        BundleMismatchError: it was trained on others.

    """
    wanted = (("text", joint.manifest.text_bundle, text.digest), ("image", joint.manifest.image_bundle, image.digest))
    for kind, expected, given in wanted:
        if expected != given:
            raise BundleMismatchError(
                f"{joint.path}: it was trained on the {kind} bundle {expected[:12]}, and {given[:12]} is loaded; "
                "serve it with the bundles it was trained on, or without it"
            )


def _widths(bundle: JointBundle) -> dict[str, int]:
    manifest = bundle.manifest
    return {"text": manifest.text_size, "image_text": manifest.text_size, "image": manifest.image_size}


def _require_signature(bundle: JointBundle, session: ort.InferenceSession) -> None:
    """The model takes and gives what the format says, and has a column for every label."""
    path, manifest = bundle.path / MODEL_FILE, bundle.manifest
    inputs = {one.name: one.shape[-1] for one in session.get_inputs()}
    if inputs != _widths(bundle):
        raise BundleInvalidError(f"{path}: its inputs are not {_widths(bundle)}, by columns")
    outputs = {one.name: one.shape for one in session.get_outputs()}
    n_columns = len(manifest.labels) + len(manifest.auxiliary_labels)
    if OUTPUT not in outputs or outputs[OUTPUT][-1] != n_columns:
        raise BundleInvalidError(f"{path}: it has no output {OUTPUT} with a column for each of {n_columns} labels")
