"""Labels from a store: what reviewers of the random sample did not see is a no, and weights are one over the share."""

import json

import numpy as np
import pytest

from monitoring.quality.reviewed import quality_of, reviewed_labels
from monitoring.safety.metric import Basis
from monitoring.windows.source import Source
from tests.monitoring.safety.conftest import PERIOD, START_US, Town, empty_store, rng, source, town

__all__ = ["empty_store", "rng", "source", "town"]


def fill(town: Town, rng: np.random.Generator) -> float:
    """A sample of a tenth in which reviewers name hate only; returns the share of hateful items."""
    harm = rng.random(4_000) < 0.25
    for i, is_harm in enumerate(harm):
        prob = float(np.clip(rng.normal(0.7 if is_harm else 0.2, 0.2), 0, 1))
        key = town.decide(START_US + i * 1_000_000, scores=json.dumps({"hate": prob, "spam": 0.01}))
        if rng.random() < 0.1:
            town.queue(key, at_us=START_US + i * 1_000_000, sample_share=0.1)
            town.judge(key, "hold" if is_harm else "allow")
            if is_harm:
                town.label(key, "hate", "yes", prob=prob)
    town.write()
    return float(harm.mean())


def test_what_a_reviewer_of_the_sample_did_not_name_is_a_no(
    town: Town, source: Source, rng: np.random.Generator
) -> None:
    truth = fill(town, rng)
    labels = reviewed_labels(source, PERIOD)
    hate = labels[labels["category"] == "hate"]
    assert set(labels["category"]) == {"hate", "spam"}
    assert hate["label"].mean() == pytest.approx(truth, abs=0.07)
    assert hate["weight"].unique().tolist() == pytest.approx([10.0])


def test_a_store_gives_quality_of_all_decisions(town: Town, source: Source, rng: np.random.Generator) -> None:
    truth = fill(town, rng)
    found = quality_of(source, PERIOD).find("base_rate:hate")
    assert found is not None
    assert found.basis is Basis.SAMPLED
    assert found.low <= truth <= found.high  # type: ignore[operator]


def test_an_unanswered_sample_gives_no_labels(town: Town, source: Source) -> None:
    for _ in range(50):
        town.queue(town.decide(scores='{"hate":0.5}'), sample_share=0.1)
    town.write()
    assert quality_of(source, PERIOD).n_labels == 0
