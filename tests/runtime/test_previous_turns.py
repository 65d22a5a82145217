"""The turn before a text: where it stands, what it may displace, and what it leaves alone."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import TextClassifier, open_classifier
from models.runtime.normalization import InvalidTextError, normalize
from models.runtime.tokenization import TextTokenizer, open_tokenizer
from tests.runtime.conftest import write_bundle

CLS, SEP = 2, 3
WORDS = st.lists(st.text("abc019", min_size=1, max_size=5), max_size=12).map(" ".join)


@pytest.fixture(scope="module")
def tokenizer(tiny_bundle: Path) -> TextTokenizer:
    return open_tokenizer(tiny_bundle / "tokenizer.json", max_tokens=16, window_stride=4, previous_tokens=6)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> TextClassifier:
    return open_classifier(
        load_text_bundle(write_bundle(tmp_path_factory.mktemp("bundles") / "turns", previous_tokens=6))
    )


def ids(tokenizer: TextTokenizer, text: str, previous: str | None = None) -> list[int]:
    (read,) = tokenizer.tokenize([text], [previous])
    assert len(read.windows) == 1
    return list(map(int, read.windows[0]))


def test_the_turn_stands_before_the_text_with_a_separator_between(tokenizer: TextTokenizer) -> None:
    assert ids(tokenizer, "d e", "a b c") == [CLS, 4, 5, 6, SEP, 7, 8, SEP]


def test_of_a_long_turn_the_end_is_read(tokenizer: TextTokenizer) -> None:
    assert ids(tokenizer, "z", "a b c d e f g h") == [CLS, *range(6, 12), SEP, 29, SEP]


def test_the_turn_is_cut_to_the_room_that_the_text_leaves(tokenizer: TextTokenizer) -> None:
    text = " ".join("klmnopqrst0")
    assert ids(tokenizer, text, "a b c d e") == [CLS, 7, 8, SEP, *ids(tokenizer, text)[1:]]


def test_a_text_of_several_windows_is_read_alone(tokenizer: TextTokenizer) -> None:
    text = "a " * 40
    with_turn, alone = tokenizer.tokenize([text, text], ["b c", None])
    assert len(alone.windows) > 1
    assert [window.tolist() for window in with_turn.windows] == [window.tolist() for window in alone.windows]


@given(text=WORDS, previous=WORDS)
def test_no_token_of_the_text_is_displaced(tokenizer: TextTokenizer, text: str, previous: str) -> None:
    with_turn, alone = tokenizer.tokenize([text, text], [previous, None])
    assert with_turn.n_tokens == alone.n_tokens
    assert len(with_turn.windows) == len(alone.windows)
    for window, text_only in zip(with_turn.windows, alone.windows, strict=True):
        assert len(window) <= tokenizer.max_tokens
        assert window.tolist()[len(window) - len(text_only) + 1 :] == text_only.tolist()[1:]


@pytest.mark.parametrize("previous", [None, ""])
def test_no_turn_and_an_empty_one_are_the_same(tokenizer: TextTokenizer, previous: str | None) -> None:
    assert ids(tokenizer, "a b", previous) == [CLS, 4, 5, SEP]


def test_a_model_that_reads_no_turns_leaves_them_out(tiny_bundle: Path) -> None:
    plain = open_classifier(load_text_bundle(tiny_bundle))
    assert plain.bundle.manifest.previous_tokens == 0
    np.testing.assert_array_equal(plain.score(["a b"], previous=["z z z"]), plain.score(["a b"]))


def test_a_turn_changes_the_score_of_a_model_that_reads_turns(classifier: TextClassifier) -> None:
    assert (classifier.score(["a b"], previous=["z z z"]) != classifier.score(["a b"])).any()


@given(pairs=st.lists(st.tuples(WORDS.filter(bool), st.none() | WORDS), min_size=1, max_size=6))
def test_a_score_after_a_turn_does_not_depend_on_its_neighbours(
    classifier: TextClassifier, pairs: list[tuple[str, str | None]]
) -> None:
    texts, previous = [text for text, _ in pairs], [turn for _, turn in pairs]
    alone = np.concatenate([classifier.score([text], previous=[turn]) for text, turn in pairs])
    np.testing.assert_allclose(classifier.score(texts, previous=previous), alone, atol=1e-5)


def test_turns_are_normalised_as_texts_are(classifier: TextClassifier) -> None:
    turn = "ａ  b\u200bc"
    (given_raw,) = classifier.prepare(["d"], [turn])
    (given_normal,) = classifier.prepare(["d"], [normalize(turn)])
    assert given_raw.windows[0].tolist() == given_normal.windows[0].tolist()


def test_the_prepared_text_holds_nothing_of_the_turn(classifier: TextClassifier) -> None:
    (alone,), (after,) = classifier.prepare(["a b"]), classifier.prepare(["a b"], ["x y z"])
    assert (after.text, after.n_tokens, after.features) == (alone.text, alone.n_tokens, alone.features)


def test_a_turn_that_is_no_unicode_is_refused(classifier: TextClassifier) -> None:
    with pytest.raises(InvalidTextError):
        classifier.prepare(["a"], ["\ud800"])


def test_the_manifest_says_how_much_of_a_turn_is_read(classifier: TextClassifier) -> None:
    (prepared,) = classifier.prepare(["z"], ["a b c d e f g"])
    assert prepared.windows[0].tolist() == [CLS, *range(5, 11), SEP, 29, SEP]
