"""What every text bundle that ships must hold, whatever it was trained on."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import TextClassifier, open_classifier
from models.runtime.undisguise import READING

BUNDLES = Path(__file__).parents[2] / "models" / "bundles"
FOLDERS = sorted(path.parent for path in BUNDLES.glob("*/tokenizer.json"))  # of texts; other kinds have no tokeniser
PIECES = [
    "you",
    "IDIOT",
    "love",
    "kill",
    "the",
    "@ann",
    "https://a.b/c",
    "😂",
    "никто",
    "你好",
    "!!!",
    "a",
    "\n",
    "x" * 50,
]
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=60).map(" ".join),
)

pytestmark = pytest.mark.skipif(not FOLDERS, reason="no bundle is shipped yet")


@pytest.fixture(scope="module", params=FOLDERS or [None], ids=lambda folder: folder.name if folder else "none")
def classifier(request: pytest.FixtureRequest) -> TextClassifier:
    return open_classifier(load_text_bundle(request.param))


@settings(deadline=None, max_examples=40)
@given(texts=st.lists(TEXTS, min_size=2, max_size=12), cap=st.sampled_from([64, 512, 4096]))
def test_a_text_scores_the_same_alone_and_in_any_batch(classifier: TextClassifier, texts: list[str], cap: int) -> None:
    alone = np.concatenate([classifier.score([text]) for text in texts])
    assert np.abs(classifier.score(texts, cap) - alone).max() <= 1e-4


@settings(deadline=None, max_examples=40)
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_every_score_is_a_probability(classifier: TextClassifier, texts: list[str]) -> None:
    scores = classifier.score(texts)
    assert ((scores >= 0.0) & (scores <= 1.0)).all()


def test_it_was_calibrated_with_the_reading_that_serves_it(classifier: TextClassifier) -> None:
    manifest = classifier.bundle.manifest
    assert manifest.spelling == "as-written" or manifest.reading == READING


def test_a_text_of_many_windows_has_a_score(classifier: TextClassifier) -> None:
    assert np.isfinite(classifier.score(["all is well here " * 1000])).all()


def test_an_insult_at_the_end_of_a_long_text_is_found(classifier: TextClassifier) -> None:
    harmless = "The meeting is moved to three, please bring the printed agenda. " * 40
    before, after = classifier.score([harmless, harmless + "You are a stupid worthless idiot, shut up."])
    toxicity = classifier.labels.index("toxicity")
    assert after[toxicity] > before[toxicity] + 0.3


def test_a_card_lies_beside_the_model(classifier: TextClassifier) -> None:
    bundle = classifier.bundle
    assert "CARD.md" in bundle.manifest.files
    assert bundle.manifest.name in (bundle.path / "CARD.md").read_text(encoding="utf-8")
