"""What the joint bundle that ships must hold, beside the two bundles that ship with it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.contracts import Category, OperatingPoint
from models.runtime.bundle import load_image_bundle, load_joint_bundle, load_text_bundle
from models.runtime.classifier import TextClassifier, open_classifier
from models.runtime.fusion import JointClassifier, open_joint_classifier, require_parts
from models.runtime.vision.classifier import ImageClassifier, open_image_classifier

BUNDLES = Path(__file__).parents[2] / "models" / "bundles"
JOINT, TEXT, IMAGE = (BUNDLES / name for name in ("meme-fusion", "text-minilm", "image-lite0"))
ORDINARY = ("Lunch is ready, come in!", "The library opens again on Monday.", "Greetings from Ohio", "Happy birthday!")

pytestmark = pytest.mark.skipif(not JOINT.is_dir(), reason="no joint bundle is shipped yet")


@pytest.fixture(scope="module")
def joint() -> JointClassifier:
    return open_joint_classifier(load_joint_bundle(JOINT))


@pytest.fixture(scope="module")
def text() -> TextClassifier:
    return open_classifier(load_text_bundle(TEXT))


@pytest.fixture(scope="module")
def image() -> ImageClassifier:
    return open_image_classifier(load_image_bundle(IMAGE))


def plain(image: ImageClassifier) -> NDArray[np.float32]:
    """Features of plain pictures: grey, white, black, and a gradient."""
    side = image.side
    shades = [np.full((side, side, 3), shade, dtype=np.uint8) for shade in (128, 255, 0)]
    ramp = np.broadcast_to(np.linspace(0, 255, side, dtype=np.uint8)[:, np.newaxis, np.newaxis], (side, side, 3))
    features = image.infer(np.stack([*shades, ramp])).features
    assert features is not None
    return features


def test_it_was_trained_on_the_bundles_that_ship_with_it() -> None:
    require_parts(load_joint_bundle(JOINT), load_text_bundle(TEXT), load_image_bundle(IMAGE))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 17))
def test_a_post_scores_the_same_alone_and_in_any_batch(joint: JointClassifier, seed: int, n: int) -> None:
    random, manifest = np.random.default_rng(seed), joint.bundle.manifest
    sizes = (manifest.text_size, manifest.text_size, manifest.image_size)
    parts = [random.normal(0.0, 0.4, (n, size)).astype(np.float32) * (random.random((n, 1)) < 0.7) for size in sizes]
    rows = [part.astype(np.float32) for part in parts]
    alone = np.concatenate([joint.probabilities(joint.infer(*(row[[i]] for row in rows))) for i in range(n)])
    assert np.abs(joint.probabilities(joint.infer(*rows)) - alone).max() <= 1e-5


@pytest.mark.parametrize("is_inside", [False, True], ids=["beside", "inside"])
def test_plain_pictures_with_ordinary_words_reach_no_point(
    joint: JointClassifier, text: TextClassifier, image: ImageClassifier, is_inside: bool
) -> None:
    features, words = plain(image), text.embeddings(ORDINARY)
    nothing = np.zeros_like(words)
    probs = joint.probabilities(joint.infer(*((nothing, words) if is_inside else (words, nothing)), features))
    points = joint.bundle.thresholds.categories[Category.HARMFUL_MEME]
    assert probs.max() < points[OperatingPoint.BALANCED]


def test_harsh_words_in_a_picture_score_higher_than_kind_ones(
    joint: JointClassifier, text: TextClassifier, image: ImageClassifier
) -> None:
    features = plain(image)[:2]
    words = text.embeddings(["Thank you all, have a lovely weekend", "China made this virus to kill us, stupid people"])
    probs = joint.probabilities(joint.infer(np.zeros_like(words), words, features[[0, 0]]))[:, 0]
    assert probs[1] > probs[0] + 0.1


def test_a_card_tells_of_the_licence(joint: JointClassifier) -> None:
    card = (joint.bundle.path / "CARD.md").read_text(encoding="utf-8")
    assert "carry no licence" in card
    assert joint.bundle.manifest.text_bundle[:12] in card
