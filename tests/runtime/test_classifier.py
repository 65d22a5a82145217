import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.bundle import BundleInvalidError, load_text_bundle
from models.runtime.classifier import NoEmbeddingError, TextClassifier, open_classifier
from models.runtime.normalization import InvalidTextError
from models.runtime.undisguise import READING

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=120), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def classifier(tiny_bundle: Path) -> TextClassifier:
    return open_classifier(load_text_bundle(tiny_bundle))


@given(texts=TEXTS)
def test_a_score_does_not_depend_on_its_neighbours(classifier: TextClassifier, texts: list[str]) -> None:
    alone = np.concatenate([classifier.score([text]) for text in texts])
    np.testing.assert_allclose(classifier.score(texts), alone, atol=1e-5)


@given(texts=TEXTS, data=st.data())
def test_a_score_does_not_depend_on_the_order(
    classifier: TextClassifier, texts: list[str], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(texts))))
    shuffled = classifier.score([texts[index] for index in order])
    np.testing.assert_allclose(shuffled, classifier.score(texts)[order], atol=1e-5)


@given(texts=TEXTS, cap=st.integers(1, 200))
def test_a_score_does_not_depend_on_the_size_of_batches(classifier: TextClassifier, texts: list[str], cap: int) -> None:
    np.testing.assert_allclose(classifier.score(texts, cap), classifier.score(texts), atol=1e-5)


def test_there_is_a_column_for_every_label(classifier: TextClassifier) -> None:
    assert classifier.score(["a", "b"]).shape == (2, 3)
    assert classifier.logits(["a", "b"]).shape == (2, 4)


def test_no_texts_have_no_scores(classifier: TextClassifier) -> None:
    assert classifier.score([]).shape == (0, 3)


def test_what_is_past_the_first_window_counts(classifier: TextClassifier) -> None:
    harmless = "a b " * 30
    scores = classifier.score([harmless, harmless + "z " * 30])
    assert (scores[1] >= scores[0] - 1e-6).all()
    assert (scores[1] > scores[0]).any()


def test_the_score_of_a_long_text_is_the_highest_of_its_windows(classifier: TextClassifier) -> None:
    (prepared,) = classifier.prepare(["a b c d e f g " * 10])
    windows = classifier.probabilities(classifier.infer(prepared.windows))
    np.testing.assert_allclose(classifier.score(["a b c d e f g " * 10])[0], windows.max(axis=0), atol=1e-6)


@given(texts=TEXTS)
def test_an_embedding_does_not_depend_on_its_neighbours(classifier: TextClassifier, texts: list[str]) -> None:
    alone = np.concatenate([classifier.embeddings([text]) for text in texts])
    np.testing.assert_allclose(classifier.embeddings(texts), alone, atol=1e-5)


def test_embeddings_come_with_the_same_logits(classifier: TextClassifier) -> None:
    windows = [one.windows[0] for one in classifier.prepare(["a b", "c d e"])]
    logits, embeddings = classifier.infer_embeddings(windows)
    np.testing.assert_array_equal(logits, classifier.infer(windows))
    assert embeddings.shape == (2, 8)


def test_the_embedding_of_a_long_text_is_the_mean_of_its_windows(classifier: TextClassifier) -> None:
    text = "a b c d e f g " * 10
    (prepared,) = classifier.prepare([text])
    windows = classifier.infer_embeddings(prepared.windows)[1]
    np.testing.assert_allclose(classifier.embeddings([text])[0], windows.mean(axis=0), atol=1e-6)


def test_no_texts_have_no_embeddings(classifier: TextClassifier) -> None:
    assert classifier.embeddings([]).shape == (0, 8)


def test_a_bundle_without_embeddings_says_so(make_bundle: Callable[..., Path]) -> None:
    classifier = open_classifier(load_text_bundle(make_bundle(has_embedding=False, embedding_size=None)))
    with pytest.raises(NoEmbeddingError, match="no embeddings"):
        classifier.embeddings(["a"])


@pytest.mark.parametrize("changes", [{"has_embedding": False}, {"embedding_size": 9}])
def test_a_model_without_the_embedding_it_names_is_refused(
    make_bundle: Callable[..., Path], changes: dict[str, int]
) -> None:
    with pytest.raises(BundleInvalidError, match="no output embedding of"):
        open_classifier(load_text_bundle(make_bundle(**changes)))


def test_a_prepared_text_is_normalised_and_described(classifier: TextClassifier) -> None:
    (prepared,) = classifier.prepare(["  A\u200b  b "])
    assert (prepared.text, prepared.n_tokens) == ("A b", 2)
    assert (prepared.features.n_chars, prepared.features.n_tokens, prepared.features.n_windows) == (3, 2, 1)


def test_an_invisible_text_is_prepared_as_empty(classifier: TextClassifier) -> None:
    (prepared,) = classifier.prepare(["\u200b\u200b"])
    assert (prepared.text, prepared.n_tokens) == ("", 0)


def test_a_lone_surrogate_is_a_typed_error(classifier: TextClassifier) -> None:
    with pytest.raises(InvalidTextError):
        classifier.prepare(["fine", "\ud800"])


def test_serving_loads_neither_torch_nor_transformers() -> None:
    program = (
        "import sys, models.runtime.classifier, models.runtime.bundle; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'pandas', 'sklearn', 'onnx')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_answers_of_another_reading_have_another_digest(
    classifier: TextClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = classifier.bundle.manifest.model_copy(update={"spelling": "undisguised"})
    reads = open_classifier(dataclasses.replace(classifier.bundle, manifest=manifest))
    first = reads.digest
    monkeypatch.setattr("models.runtime.classifier.READING", READING + 1)
    assert len({first, reads.digest, classifier.digest}) == 3
    assert classifier.digest == classifier.bundle.digest
