from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts import Category
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import NoTokenLogitsError, TextClassifier, open_classifier
from models.runtime.evidence import MAX_SPANS, Rule, chosen_ranges, find_spans, word_scores
from models.runtime.normalization import normalize
from models.runtime.words import Words, read_words
from tests.runtime.conftest import LABELS, write_bundle

EAGER = Rule(bar=-100.0, least_share=-1.0, guess_share=-1.0)
"""Marks whatever was looked at."""

PIECES = st.sampled_from(
    [
        "idiot",
        "h4te",
        "a b c",
        "😂",
        "👩‍👩‍👧",
        "&amp;",
        "&quot;no&quot;",
        "\u200b",
        "ｆｕｌｌ",
        "“so”",
        "...",
        "你好",
        "é",
        "e\u0301",
        "x" * 40,
        "@someone",
        "http://a.b/c?d=e",
        "don't",
        "f*ck",
        "\t",
        "K-I-L-L",
    ]
)
POSTS = st.lists(PIECES, max_size=30).map(" ".join) | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> TextClassifier:
    folder = tmp_path_factory.mktemp("evidence") / "tiny"
    return open_classifier(load_text_bundle(write_bundle(folder, has_token_logits=True)))


@pytest.fixture(scope="module")
def with_head(tmp_path_factory: pytest.TempPathFactory) -> TextClassifier:
    folder = tmp_path_factory.mktemp("evidence") / "tiny"
    path = write_bundle(folder, has_token_logits=True, auxiliary_labels=("aux/evidence",))
    return open_classifier(load_text_bundle(path))


def words_of(text: str, shares: list[float], evidence: list[float] | None = None) -> Words:
    ends = np.cumsum([len(word) + 1 for word in text.split(" ")]).tolist()
    ranges = tuple((end - len(word) - 1, end - 1) for word, end in zip(text.split(" "), ends, strict=True))
    head = None if evidence is None else np.array(evidence, dtype=np.float32)
    return Words(text, ranges, head, {Category.HATE: np.array(shares, dtype=np.float32)})


@settings(max_examples=30, deadline=None)
@given(post=POSTS)
def test_spans_are_in_range_in_order_and_apart(classifier: TextClassifier, post: str) -> None:
    spans = find_spans(classifier, post, LABELS, EAGER)
    for label in LABELS:
        mine = [span for span in spans if span.category is label]
        assert len(mine) <= MAX_SPANS
        assert all(0 <= span.start < span.end <= len(post) for span in mine)
        assert all(left.end <= right.start for left, right in pairwise(mine))


@settings(max_examples=30, deadline=None)
@given(post=POSTS)
def test_the_words_of_a_span_have_something_visible(with_head: TextClassifier, post: str) -> None:
    assert all(normalize(post[span.start : span.end]) for span in find_spans(with_head, post, LABELS, EAGER))


@pytest.mark.parametrize(
    ("before", "word", "after"),
    [
        ("😂 ", "idiot", "!"),
        ("so &quot;", "idiot", "&quot; ok"),
        ("\u200b  ", "ｉｄｉｏｔ", "\n"),
        ("“", "id\u200biot", "”"),
        ("&amp;&amp; ", "don't", " 👩‍👩‍👧"),
        ("", "f*ck", "..."),
    ],
)
def test_a_word_is_found_where_it_was_posted(classifier: TextClassifier, before: str, word: str, after: str) -> None:
    post = before + word + after
    text = normalize(post)
    words = read_words(classifier, text, [Category.HATE])
    index = next(i for i, (start, end) in enumerate(words.ranges) if normalize(word) == words.text[start:end])
    shares = np.full(len(words.ranges), np.nan, dtype=np.float32)
    shares[index] = 1.0
    marked = Words(words.text, words.ranges, None, {Category.HATE: shares})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.runtime.evidence.read_words", lambda *_: marked)
        (span,) = find_spans(classifier, post, [Category.HATE])
    assert post[span.start : span.end] == word


def test_a_word_that_is_the_text_carries_all_of_it(classifier: TextClassifier) -> None:
    texts = [letter * 3 for letter in "abcdefghij"]
    read = [(text, read_words(classifier, text, [Category.TOXICITY]).shares[Category.TOXICITY]) for text in texts]
    explained = [shares for _, shares in read if np.isfinite(shares).any()]
    assert explained
    np.testing.assert_allclose([shares[0] for shares in explained], 1.0, rtol=1e-4)


def test_evidence_does_not_depend_on_what_else_is_asked(classifier: TextClassifier) -> None:
    text = "ab cd ef gh " * 8
    together = read_words(classifier, text, LABELS).shares
    for label in LABELS:
        np.testing.assert_allclose(read_words(classifier, text, [label]).shares[label], together[label], atol=1e-4)


def test_a_long_text_is_looked_at_in_all_its_windows_up_to_a_bound(with_head: TextClassifier) -> None:
    words = read_words(with_head, "ab cd ef " * 10, LABELS)
    assert words.evidence is not None
    assert np.isfinite(words.evidence).any()
    long = read_words(with_head, "ab cd ef " * 400, LABELS)
    assert len(long.ranges) == 1200
    assert long.evidence is not None
    assert np.isfinite(long.evidence).sum() < 200


def test_words_that_people_would_mark_come_first() -> None:
    words = words_of("you are bad", [0.2, 0.2, 0.2], [-5.0, -5.0, 3.0])
    assert [(start, end) for start, end, _ in chosen_ranges(words, Category.HATE)] == [(8, 11)]


def test_a_word_that_says_nothing_of_the_category_is_not_its_evidence() -> None:
    words = words_of("buy bad pills", [0.9, -0.2, 0.9], [-5.0, 3.0, -5.0])
    assert [(start, end) for start, end, _ in chosen_ranges(words, Category.HATE)] == [(0, 3), (8, 13)]


def test_without_the_head_words_that_carry_the_score_alone_are_marked() -> None:
    words = words_of("you are bad", [0.1, 0.0, 0.9])
    assert [(start, end) for start, end, _ in chosen_ranges(words, Category.HATE)] == [(8, 11)]


def test_where_no_word_carries_it_the_best_is_a_guess_of_low_weight() -> None:
    ((start, end, weight),) = chosen_ranges(words_of("you are bad", [0.1, 0.0, 0.4]), Category.HATE)
    assert (start, end) == (8, 11)
    assert weight < 0.5


def test_where_no_word_says_anything_there_are_no_spans() -> None:
    assert chosen_ranges(words_of("you are kind", [0.1, 0.0, 0.1]), Category.HATE) == []


def test_neighbours_are_joined_and_weigh_as_much_as_the_surest() -> None:
    found = chosen_ranges(words_of("so very bad indeed", [0.0, 0.7, 0.9, 0.0]), Category.HATE)
    assert [(start, end) for start, end, _ in found] == [(3, 11)]
    assert found[0][2] == pytest.approx(1 / (1 + np.exp(-1.25)), rel=1e-4)


def test_the_surest_spans_are_kept() -> None:
    shares = [0.7, 0.0] * 40
    shares[60] = 1.2
    found = chosen_ranges(words_of(" ".join(["no"] * 80), shares), Category.HATE)
    assert len(found) == MAX_SPANS
    assert (180, 182) in [(start, end) for start, end, _ in found]


def test_words_in_no_window_that_was_looked_at_have_no_score() -> None:
    scores = word_scores(words_of("you are", [np.nan, np.nan]), Category.HATE)
    assert np.isnan(scores).all()


def test_a_text_without_a_token_has_no_spans(with_head: TextClassifier) -> None:
    assert find_spans(with_head, "\u0300", LABELS, EAGER) == ()


def test_a_category_that_the_bundle_does_not_score_has_no_spans(classifier: TextClassifier) -> None:
    assert find_spans(classifier, "ab cd", [Category.VIOLENCE]) == ()


def test_a_bundle_without_token_logits_cannot_say(make_bundle: Callable[..., Path]) -> None:
    classifier = open_classifier(load_text_bundle(make_bundle()))
    with pytest.raises(NoTokenLogitsError, match="no token logits"):
        find_spans(classifier, "ab cd", LABELS)


def test_token_logits_average_to_the_logits_in_a_batch(classifier: TextClassifier) -> None:
    windows = [one.windows[0] for one in classifier.prepare(["a", "ab cd ef", "z"])]
    logits, tokens = classifier.infer_tokens(windows)
    np.testing.assert_allclose([rows.mean(axis=0) for rows in tokens], logits, atol=1e-5)
    for window, rows in zip(windows, tokens, strict=True):
        np.testing.assert_allclose(classifier.infer_tokens([window])[1][0], rows, atol=1e-5)


def test_located_tokens_are_those_of_the_windows(classifier: TextClassifier) -> None:
    text = "ab cd ef gh " * 6
    located, (prepared,) = classifier.locate(text), classifier.prepare([text])
    assert all(map(np.array_equal, located.windows, prepared.windows))
    assert len(located.starts) == len(located.windows)
    assert {text[start:end] for start, end in located.offsets.tolist()} == set("abcdefgh")
