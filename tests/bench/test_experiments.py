"""Experiments: one choice at a time, compared with the base."""

from pathlib import Path

import numpy as np
import pytest

from models.contracts import CATEGORIES, Category
from models.data.store import Examples
from scripts.bench.experiments import BASE, compared, read_plan, render, scored_on

ROOT = Path(__file__).parents[2]
PLAN = ROOT / "configs/experiments/text.toml"


def test_every_experiment_of_the_plan_is_a_configuration_that_differs_from_the_base() -> None:
    base, *others = read_plan(PLAN)
    assert base.name == BASE
    assert len({one.name for one in others}) == len(others) > 5
    assert all(one.config.model_copy(update={"name": BASE}) != base.config for one in others)


def test_experiments_leave_weights_at_their_end_alone_so_that_a_run_with_weights_is_finished() -> None:
    for one in read_plan(PLAN):
        most_steps = one.config.sampling.examples_an_epoch * one.config.optimiser.epochs
        assert one.config.validation.every_steps >= min(most_steps, 10_000)


def test_a_key_can_be_taken_away() -> None:
    cold = next(one for one in read_plan(PLAN) if one.name == "cold-start")
    assert cold.config.encoder.checkpoint is None


def rows(n: int) -> Examples:
    labels = np.full((n, len(CATEGORIES)), -1, dtype=np.int8)
    labels[:, CATEGORIES.index(Category.HATE)] = np.arange(n) % 2
    return Examples(
        digests=[str(i) for i in range(n)],
        texts=["text"] * n,
        labels=labels,
        auxiliary=np.empty((n, 0), dtype=np.int8),
        sources=["here"] * n,
        weights=np.ones(n, dtype=np.float32),
    )


def test_a_run_that_ranks_worse_than_the_base_is_said_to_lose() -> None:
    base, other = read_plan(PLAN)[:2]
    held_out = rows(200)
    right = np.full((200, len(CATEGORIES)), np.nan, dtype=np.float32)
    right[:, CATEGORIES.index(Category.HATE)] = np.arange(200) % 2
    scores = {BASE: {"plain": right, "disguised": right}, other.name: {"plain": -right, "disguised": right}}
    table = compared([base, other], scores, held_out)
    assert table[1].plain is not None
    assert table[1].plain.high < 0
    assert table[1].disguised is not None
    assert table[1].disguised.value == 0
    assert table[1].thin is None
    assert "too few rows" in render(table, 200)


def test_scores_are_kept_for_the_texts_their_disguises_and_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {scored_on(["a", "b"], ["c"]), scored_on(["a"], ["b", "c"]), scored_on(["a", "b"], ["d"])}
    monkeypatch.setattr("models.runtime.undisguise.READING", -1)
    assert len(keys | {scored_on(["a", "b"], ["c"])}) == 4


def test_a_run_may_be_compared_with_another_one() -> None:
    base, cold, warm = (one for one in read_plan(PLAN) if one.name in {BASE, "cold-start", "pretrained"})
    assert (cold.against, warm.against) == (BASE, "cold-start")
    right = np.full((200, len(CATEGORIES)), np.nan, dtype=np.float32)
    right[:, CATEGORIES.index(Category.HATE)] = np.arange(200) % 2
    scores = {
        BASE: {"plain": right, "disguised": right},
        cold.name: {"plain": -right, "disguised": -right},
        warm.name: {"plain": -right, "disguised": right},
    }
    table = compared([base, cold, warm], scores, rows(200))
    assert table[2].plain is not None
    assert table[2].plain.value == 0
    assert table[2].disguised is not None
    assert table[2].disguised.low > 0
    assert "beside `cold-start`" in render(table, 200)
