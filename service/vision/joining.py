"""Joining: the joint model's opinion of pictures with the words in and beside them."""

from collections.abc import Sequence

import numpy as np

from models.contracts import FailureCode
from service.batcher import PROB_DECIMALS
from service.bundles import LoadedImageModel, LoadedJointModel
from service.scorer import Floats
from service.vision.refusal import ItemRefusedError
from service.vision.seen import Seen


def join(
    joint: LoadedJointModel,
    models: Sequence[LoadedImageModel],
    pictures: Sequence[Seen],
    text: Floats | None,
    image_texts: Sequence[Floats | None],
) -> dict[int, list[float]]:
    """Probabilities of every picture that has words in or beside it, by its index; the highest of its frames.

    A picture without any words has no joint meaning to judge.

    Args:
        joint: the model.
        models: the image models, of which one gives the features it was trained on.
        pictures: of one item.
        text: the sentence vector of the text beside them, *Shape:* (size,).
        image_texts: that of the words in each picture.

    Raises:
        ItemRefusedError: The model gave a score that is not a number.

    """
    place = [model.bundle.digest for model in models].index(joint.manifest.image_bundle)
    found: dict[int, list[float]] = {}
    for seen, words in zip(pictures, image_texts, strict=True):
        features = seen.outputs[place].features
        if features is None or (text is None and words is None):
            continue
        n_frames, size = len(features), joint.manifest.text_size
        logits = joint.scorer.infer(_rows(text, n_frames, size), _rows(words, n_frames, size), features)
        probs = joint.scorer.probabilities(logits).astype(np.float64)
        if not np.isfinite(probs).all():
            raise ItemRefusedError(FailureCode.UNSCORABLE, seen.index)
        found[seen.index] = probs.max(axis=0).round(PROB_DECIMALS).tolist()
    return found


def _rows(vector: Floats | None, n_rows: int, size: int) -> Floats:
    """The same vector for every frame; zeros where there is none."""
    if vector is None:
        return np.zeros((n_rows, size), dtype=np.float32)
    return np.broadcast_to(vector.astype(np.float32), (n_rows, size)).copy()
