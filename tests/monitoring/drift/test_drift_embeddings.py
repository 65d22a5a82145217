"""Embeddings: no change where there is none, however small the reference, and however the window was sampled."""

import numpy as np
import pytest

from models.contracts.records import VECTOR_SIZE
from monitoring.drift.effects import Effects
from monitoring.drift.embeddings import compare, survey
from monitoring.drift.part import Part

N_REFERENCE = 700


def vectors(rng: np.random.Generator, n: int, topic: float = 0.0) -> np.ndarray:
    drawn = rng.normal(0.0, 0.17, (n, VECTOR_SIZE)) + topic
    return (np.clip(np.rint(drawn * 127), -127, 127) / 127).astype(np.float32)


def parts(known: np.ndarray, seen: np.ndarray, weights: np.ndarray | None = None) -> dict[str, Part]:
    space = survey(known, np.ones(len(known)))
    assert space is not None
    weights = np.ones(len(seen)) if weights is None else weights
    return {part.name: part for part in compare(space, space.whiten(seen), weights, Effects())}


@pytest.fixture(scope="module")
def usual() -> list[dict[str, Part]]:
    rng = np.random.default_rng(3)
    return [parts(vectors(rng, N_REFERENCE), vectors(rng, 4_000)) for _ in range(40)]


@pytest.mark.parametrize("question", ["mean", "mmd", "classifier"])
def test_a_small_reference_of_the_same_texts_is_no_change(usual: list[dict[str, Part]], question: str) -> None:
    """The slice of a language may be some hundred rows, and a day of it thousands: their means differ by chance."""
    p_values = np.array([each[question].p_value for each in usual])
    assert (p_values <= 0.05).mean() < 0.2
    assert p_values.min() > 1e-4


def test_the_classifier_finds_no_difference_where_there_is_none(usual: list[dict[str, Part]]) -> None:
    assert np.mean([each["classifier"].effect for each in usual]) < 0.02


def test_rows_that_a_sample_keeps_more_of_count_less() -> None:
    """A stratified sample holds as many rare items as usual ones; they are no new topic."""
    rng = np.random.default_rng(4)
    known = np.vstack([vectors(rng, 3_800), vectors(rng, 200, topic=0.1)])
    seen = np.vstack([vectors(rng, 1_000), vectors(rng, 1_000, topic=0.1)])
    order, weights = rng.permutation(2_000), np.repeat([19.0, 1.0], 1_000)
    unweighted, weighted = (parts(known, seen[order], each) for each in (None, weights[order]))
    assert unweighted["classifier"].p_value < 1e-12
    assert weighted["classifier"].p_value > 1e-3


def test_a_topic_in_a_small_reference_is_found() -> None:
    rng = np.random.default_rng(5)
    found = parts(vectors(rng, N_REFERENCE), vectors(rng, 600, topic=0.05))
    assert all(part.p_value < 1e-6 and part.matters for part in found.values())
