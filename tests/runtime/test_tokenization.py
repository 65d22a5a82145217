from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.bundle import load_text_bundle
from models.runtime.tokenization import TextTokenizer, open_tokenizer

CLS, SEP, UNK = 2, 3, 1


@pytest.fixture(scope="module")
def tokenizer(tiny_bundle: Path) -> TextTokenizer:
    return open_tokenizer(tiny_bundle / "tokenizer.json", max_tokens=16, window_stride=4)


@pytest.fixture(scope="module")
def unbounded(tiny_bundle: Path) -> TextTokenizer:
    return open_tokenizer(tiny_bundle / "tokenizer.json", max_tokens=10**9, window_stride=0)


@given(words=st.lists(st.text("abc019", min_size=1, max_size=9), max_size=60))
def test_windows_hold_every_token_in_order_and_overlap_as_told(
    tokenizer: TextTokenizer, unbounded: TextTokenizer, words: list[str]
) -> None:
    text = " ".join(words)
    (whole,) = unbounded.tokenize([text])
    (cut,) = tokenizer.tokenize([text])
    body, room = whole.windows[0][1:-1], 14
    covered: set[int] = set()
    for number, window in enumerate(cut.windows):
        start = 0 if len(cut.windows) == 1 else min(number * (room - 4), len(body) - room)
        assert window.tolist() == [CLS, *body[start : start + room].tolist(), SEP]
        covered |= set(range(start, start + len(window) - 2))
    assert covered == set(range(len(body)))
    assert cut.n_tokens == whole.n_tokens == len(body)


@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_a_text_is_read_alike_alone_and_among_others(tokenizer: TextTokenizer, texts: list[str]) -> None:
    together = tokenizer.tokenize(texts)
    for text, read in zip(texts, together, strict=True):
        (alone,) = tokenizer.tokenize([text])
        assert [window.tolist() for window in alone.windows] == [window.tolist() for window in read.windows]


def test_padding_and_truncation_of_the_file_are_ignored(tokenizer: TextTokenizer) -> None:
    (read,) = tokenizer.tokenize(["a"])
    assert read.windows[0].tolist() == [CLS, 4, SEP]


def test_an_empty_text_has_one_window_without_tokens(tokenizer: TextTokenizer) -> None:
    (read,) = tokenizer.tokenize([""])
    assert (read.n_tokens, [window.tolist() for window in read.windows]) == (0, [[CLS, SEP]])


def test_a_word_of_a_thousand_letters_is_read_and_not_skipped(tokenizer: TextTokenizer) -> None:
    (read,) = tokenizer.tokenize(["x" * 1000])
    assert read.n_tokens == 1000
    assert all(UNK not in window for window in read.windows)


def test_a_special_token_that_a_person_typed_is_text(tokenizer: TextTokenizer) -> None:
    (read,) = tokenizer.tokenize(["a [SEP] b"])
    assert read.windows[0][1:-1].tolist().count(SEP) == 0


def test_ids_are_64_bit(tokenizer: TextTokenizer) -> None:
    (read,) = tokenizer.tokenize(["a b c " * 20])
    assert {window.dtype for window in read.windows} == {np.dtype(np.int64)}


def test_disguises_are_undone_only_for_a_model_that_was_trained_so(tiny_bundle: Path) -> None:
    as_written, undisguised = (
        open_tokenizer(tiny_bundle / "tokenizer.json", max_tokens=64, window_stride=4, spelling=spelling)
        for spelling in ("as-written", "undisguised")
    )
    plain, hidden = as_written.tokenize(["you hate me", "you h4te me"])
    assert [ids.tolist() for ids in hidden.windows] != [ids.tolist() for ids in plain.windows]
    (read,) = undisguised.tokenize(["you h4te me"])
    assert [ids.tolist() for ids in read.windows] == [ids.tolist() for ids in plain.windows]


def test_an_old_bundle_reads_texts_as_they_are_written(tiny_bundle: Path) -> None:
    assert load_text_bundle(tiny_bundle).manifest.spelling == "as-written"
