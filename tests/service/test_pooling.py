"""Pooling and projecting: no text's vector depends on its neighbours, and scores are the same with and without."""

import numpy as np
import pytest
from hypothesis import given, settings

from models.contracts.records import VECTOR_SIZE
from models.runtime.projection import project
from service.batcher import Batcher
from service.pooling import kept_vectors
from service.ticket import Scored
from tests.service.hashing import WINDOW, HashingScorer
from tests.service.test_batcher import Silent, requests, run


def projecting() -> Batcher:
    return Batcher(HashingScorer(), Silent(), 10_000, 10_000_000, 64, projects=True)


def vector(text: str) -> bytes:
    """One text on its own, by the shortest way."""
    scorer = HashingScorer()
    (prepared,) = scorer.prepare([text])
    embeddings = scorer.infer_embeddings(prepared.windows)[1]
    return project(embeddings.mean(axis=0, keepdims=True)).tobytes()


@given(requests)
@settings(max_examples=40, deadline=None)
def test_scores_are_the_same_with_and_without_vectors(posted: list[list[str]]) -> None:
    plain, projected = run(posted), run(posted, projecting())
    assert [[o.probs for o in outcomes if isinstance(o, Scored)] for outcomes in plain] == [
        [o.probs for o in outcomes if isinstance(o, Scored)] for outcomes in projected
    ]


@pytest.mark.parametrize("n_words", [1, WINDOW, WINDOW + 1, 5 * WINDOW])
def test_the_vector_of_a_text_is_that_of_the_mean_of_its_windows(n_words: int) -> None:
    text = " ".join(f"word{number}" for number in range(n_words))
    ((outcome, _),) = run([[text, "lovely people " * WINDOW]], projecting())
    assert isinstance(outcome, Scored)
    assert outcome.vector is not None
    found, alone = (np.frombuffer(data, np.int8).astype(int) for data in (outcome.vector, vector(text)))
    assert np.abs(found - alone).max() <= 1  # a mean in another order may round to the next byte


def test_a_batcher_that_does_not_project_keeps_no_vectors() -> None:
    ((outcome,),) = run([["lovely"]])
    assert isinstance(outcome, Scored)
    assert outcome.vector is None


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_an_embedding_without_a_finite_length_has_no_vector_and_spoils_no_other(value: float) -> None:
    embeddings = np.ones((3, 16), dtype=np.float32)
    alone = kept_vectors(embeddings[:1])[0]
    embeddings[1, 2] = value
    assert kept_vectors(embeddings) == [alone, None, alone]


def test_a_vector_has_the_size_that_records_have_room_for() -> None:
    (found,) = kept_vectors(np.ones((1, 16), dtype=np.float32))
    assert found is not None
    assert len(found) == VECTOR_SIZE
