"""Passages: what the model sees of a row."""

import random
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models.runtime.tokenization import TextTokenizer
from models.training.config import PassagesConfig
from models.training.encoder import wheel_folder
from models.training.errors import EncoderError
from models.training.evidence import token_truth
from models.training.fragments import fragment
from models.training.passages import PassageReader, random_window
from models.training.surroundings import Passage
from models.training.tokens import read_tokenizer, tokenize_all

TEXTS = ["you are a stupid fool and I despise you", "what a lovely day", "no answer at all to this"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    try:
        return read_tokenizer(wheel_folder() / "tokenizer.json")
    except EncoderError:
        pytest.skip("the packaged encoder is not installed")


def reader(tokenizer: Tokenizer, company: Sequence[int] = (1,), **config: float) -> PassageReader:
    """Three rows, the second with a turn before, the first with marked tokens."""
    table = tokenize_all(tokenizer, TEXTS)
    truth = token_truth(tokenizer, TEXTS[0], [(10, 21)], "as-written")
    whole = TextTokenizer(tokenizer, max_tokens=sys.maxsize, window_stride=0)
    previous = tokenize_all(tokenizer, ["", "how is the weather today", ""])
    harmless = np.array([False, True, True])
    return PassageReader(
        table, TEXTS, previous, {0: truth}, np.array(company), harmless, whole, PassagesConfig(**config)
    )


def read(reader: PassageReader, seed: int = 0, max_tokens: int = 64) -> list[Passage]:
    return reader.read(np.arange(3), max_tokens, np.random.default_rng(seed))


def test_a_row_is_its_tokens_where_nothing_is_asked_for(tokenizer: Tokenizer) -> None:
    table = tokenize_all(tokenizer, TEXTS)
    for row, passage in enumerate(read(reader(tokenizer))):
        assert passage.ids.tolist() == table[row].tolist()


def test_marked_words_are_evidence_and_others_are_not(tokenizer: Tokenizer) -> None:
    passage = read(reader(tokenizer))[0]
    marked = [tokenizer.id_to_token(int(i)) for i, t in zip(passage.ids, passage.evidence, strict=True) if t == 1]
    assert marked == ["stupid", "fool"]
    assert passage.evidence[[0, -1]].tolist() == [-1, -1]


def test_the_turn_before_stands_in_front_of_the_text(tokenizer: Tokenizer) -> None:
    plain, shown = read(reader(tokenizer))[1], read(reader(tokenizer, previous_share=1.0))[1]
    words = tokenizer.decode(shown.ids.tolist(), skip_special_tokens=False)
    assert words == "[CLS] how is the weather today [SEP] what a lovely day [SEP]"
    assert shown.ids[-len(plain.ids) + 1 :].tolist() == plain.ids[1:].tolist()
    assert len(shown.evidence) == len(shown.ids)


def test_the_turn_before_never_displaces_the_text(tokenizer: Tokenizer) -> None:
    plain = read(reader(tokenizer))[1]
    shown = read(reader(tokenizer, previous_share=1.0), max_tokens=len(plain.ids) + 3)[1]
    assert len(shown.ids) == len(plain.ids) + 3
    assert shown.ids[-len(plain.ids) + 1 :].tolist() == plain.ids[1:].tolist()


def test_a_stray_turn_stands_before_rows_that_have_none_of_their_own(tokenizer: Tokenizer) -> None:
    plain, shown = read(reader(tokenizer)), read(reader(tokenizer, stray_turn_share=1.0))
    assert shown[1].ids.tolist() == plain[1].ids.tolist()
    for row in (0, 2):
        turn, text, rest = tokenizer.decode(shown[row].ids.tolist(), skip_special_tokens=False).split(" [SEP]")
        assert turn.removeprefix("[CLS] ") in [text.lower() for text in TEXTS]
        assert (text.strip(), rest) == (TEXTS[row].lower(), "")


def test_a_text_in_company_keeps_its_words_and_its_evidence_in_a_full_window(tokenizer: Tokenizer) -> None:
    company = set(TEXTS[1].split())
    for seed in range(5):
        shown = read(reader(tokenizer, company_share=1.0), seed)[0]
        words = tokenizer.decode(shown.ids.tolist(), skip_special_tokens=False)
        before, after = words.removeprefix("[CLS]").removesuffix("[SEP]").split(TEXTS[0].lower())
        assert set(before.split()) | set(after.split()) == company
        assert len(shown.ids) == 64
        marked = [tokenizer.id_to_token(int(i)) for i, t in zip(shown.ids, shown.evidence, strict=True) if t == 1]
        assert marked == ["stupid", "fool"]
        assert (shown.evidence[1:-1] != -1).all()


def test_the_texts_of_company_gather_by_a_share_of_their_own(tokenizer: Tokenizer) -> None:
    ordinary = reader(tokenizer, gathered_share=1.0, company=[0, 2])
    assert [len(passage.ids) for passage in read(ordinary)] == [64, len(read(reader(tokenizer))[1].ids), 64]


def test_a_disguised_text_has_unknown_evidence_and_other_tokens(tokenizer: Tokenizer) -> None:
    plain = read(reader(tokenizer))[0]
    seen = [read(reader(tokenizer, disguised_share=1.0), seed)[0] for seed in range(8)]
    assert any(passage.ids.tolist() != plain.ids.tolist() for passage in seen)
    assert all((passage.evidence == -1).all() for passage in seen)


def test_a_few_neighbouring_words_of_a_harmless_text_stand_alone(tokenizer: Tokenizer) -> None:
    plain, under_test = read(reader(tokenizer))[0], reader(tokenizer, fragment_share=1.0)
    seen = set()
    for seed in range(20):
        harmful, *harmless = read(under_test, seed)
        assert harmful.ids.tolist() == plain.ids.tolist()
        for passage, text in zip(harmless, TEXTS[1:], strict=True):
            words = tokenizer.decode(passage.ids.tolist()).split()
            assert f" {' '.join(words)} " in f" {text.lower()} "
            seen.add(len(words))
    assert seen == {1, 2, 3, 4}


def test_a_word_of_harm_never_stands_alone_as_harmless() -> None:
    text = "he wrote that fuck is an old word"
    seen = {fragment(text, random.Random(seed)) for seed in range(200)}
    assert text in seen
    assert not [part for part in seen - {text} if "fuck" in part]


def test_passages_are_a_function_of_the_generator(tokenizer: Tokenizer) -> None:
    one, two = (read(reader(tokenizer, disguised_share=0.5, previous_share=0.5), 3) for _ in range(2))
    assert [p.ids.tolist() for p in one] == [p.ids.tolist() for p in two]


def whole(n_tokens: int) -> Passage:
    return Passage(np.array([-1, *range(n_tokens), -2], dtype=np.int32), np.zeros(n_tokens + 2, dtype=np.int8))


def test_a_passage_that_fits_is_its_own_window() -> None:
    passage = whole(2)
    assert random_window(passage, 4, np.random.default_rng(0)) is passage


@given(st.integers(5, 60), st.integers(0, 1000))
def test_a_random_window_is_a_stretch_between_the_special_tokens(n_tokens: int, seed: int) -> None:
    window = random_window(whole(n_tokens), 6, np.random.default_rng(seed))
    ids = window.ids.tolist()
    assert (ids[0], ids[-1], len(window.evidence)) == (-1, -2, 6)
    assert ids[1:-1] == list(range(ids[1], ids[1] + 4))


def test_random_windows_reach_both_ends() -> None:
    starts = {int(random_window(whole(8), 6, np.random.default_rng(seed)).ids[1]) for seed in range(100)}
    assert starts == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("max_tokens", [64, 10, 9, 8])
@pytest.mark.parametrize("previous_tokens", [64, 3, 1])
def test_the_served_model_reads_a_text_and_its_turn_as_training_showed_them(
    tokenizer: Tokenizer, max_tokens: int, previous_tokens: int
) -> None:
    shown = read(reader(tokenizer, previous_share=1.0, previous_tokens=previous_tokens), max_tokens=max_tokens)[1]
    serving = TextTokenizer(tokenizer, max_tokens, window_stride=0, previous_tokens=previous_tokens)
    (served,) = serving.tokenize([TEXTS[1]], ["how is the weather today"])
    assert served.windows[0].tolist() == shown.ids.tolist()
