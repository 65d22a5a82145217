"""Prevalence against stores whose truth is known: the estimates are right, and their intervals hold it often enough."""

import json

import numpy as np
import pytest

from monitoring.safety.answering import weigh_answers
from monitoring.safety.assisted import assisted_share
from monitoring.safety.intervals import weighted_share
from monitoring.safety.measuring import measure_safety
from monitoring.safety.sample import majority
from monitoring.windows.source import Source
from tests.monitoring.safety.conftest import NOW_US, PERIOD, START_US, Town

N = 4_000
SHARE = 0.2


def fill(town: Town, rng: np.random.Generator, answered: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A day of which a tenth is hateful: harm, whether it was held, and views, of every decision."""
    harm, views = rng.random(N) < 0.1, rng.integers(1, 500, N)
    probs = np.clip(np.where(harm, rng.normal(0.7, 0.2, N), rng.normal(0.2, 0.15, N)), 0.0, 1.0)
    held = probs > 0.6
    for i in range(N):
        at_us, action = START_US + i * 20_000_000, "hold" if held[i] else "allow"
        key = town.decide(
            at_us,
            action,
            scores=json.dumps({"hate": round(float(probs[i]), 6)}),
            context=json.dumps({"reach": int(views[i])}).replace(" ", ""),
        )
        if rng.random() >= SHARE:
            continue
        severity = 6 if held[i] else 0
        town.queue(key, at_us=at_us, action=action, severity=severity, reach=int(views[i]), sample_share=SHARE)
        if held[i] or rng.random() < answered:
            town.judge(key, "hold" if harm[i] else "allow", at_us + 60_000_000)
            if harm[i]:
                town.label(key, "hate", "yes", at_us + 60_000_000)
    town.write()
    return harm, held, views


@pytest.mark.parametrize("answered", [1.0, 0.5])
def test_the_sample_finds_the_harm_also_where_the_gravest_were_answered_first(
    town: Town, source: Source, rng: np.random.Generator, answered: float
) -> None:
    harm, held, views = fill(town, rng, answered)
    found = measure_safety(source, PERIOD, now_us=NOW_US)
    truths = {
        "prevalence": harm.mean(),
        "prevalence:hate": harm.mean(),
        "prevalence_assisted:hate": harm.mean(),
        "missed_prevalence": (harm & ~held).mean(),
        "views_prevalence": (harm & ~held) @ views / (~held @ views),
        "harmful_impressions:hate": (harm & ~held) @ views,
    }
    for key, truth in truths.items():
        metric = found.find(key)
        assert metric is not None
        assert metric.low is not None
        assert metric.high is not None
        assert metric.low <= truth <= metric.high, key
        assert metric.high < 2.2 * truth + 0.02, key
    assert found.n_decisions == N


def test_the_scores_make_the_interval_narrower(town: Town, source: Source, rng: np.random.Generator) -> None:
    fill(town, rng)
    found = measure_safety(source, PERIOD, now_us=NOW_US)
    plain, assisted = found.find("prevalence:hate"), found.find("prevalence_assisted:hate")
    assert plain is not None
    assert assisted is not None
    assert assisted.high - assisted.low < 0.8 * (plain.high - plain.low)  # type: ignore[operator]


def test_a_harm_that_nobody_named_has_a_bound_and_not_only_a_zero(
    town: Town, source: Source, rng: np.random.Generator
) -> None:
    fill(town, rng)
    spam = measure_safety(source, PERIOD, now_us=NOW_US).find("prevalence:spam")
    assert spam is not None
    assert spam.value == 0.0
    assert 0.0 < spam.high < 0.01  # type: ignore[operator]


def test_kinds_that_nobody_has_answered_are_unknown_and_not_harmless(
    town: Town, source: Source, rng: np.random.Generator
) -> None:
    fill(town, rng, answered=0.0)
    found = measure_safety(source, PERIOD, now_us=NOW_US).find("prevalence")
    assert found is not None
    assert found.value is None
    assert "nobody has reviewed yet" in (found.reason or "")


def test_verdicts_after_the_moment_asked_for_are_not_counted(
    town: Town, source: Source, rng: np.random.Generator
) -> None:
    fill(town, rng)
    found = measure_safety(source, PERIOD, now_us=START_US).find("prevalence")
    assert found is not None
    assert found.value is None


def test_intervals_of_the_sample_hold_the_truth_in_nineteen_of_twenty() -> None:
    rng, hits, n_seeds = np.random.default_rng(1), 0, 400
    for _ in range(n_seeds):
        cells = (rng.random(600) < 0.15).astype(np.int64)
        yes = (rng.random(600) < np.where(cells == 1, 0.3, 0.01)).astype(float)
        values = np.where(rng.random(600) < np.where(cells == 1, 0.95, 0.4), yes, np.nan)
        answers = weigh_answers(values, np.full(600, 20.0), cells)
        found = weighted_share(answers.values, answers.weights)
        hits += found.low <= 0.15 * 0.3 + 0.85 * 0.01 <= found.high
    assert hits / n_seeds >= 0.94


def test_intervals_with_scores_hold_the_truth_in_nineteen_of_twenty() -> None:
    rng, hits, n_seeds = np.random.default_rng(2), 0, 400
    for _ in range(n_seeds):
        everyone = rng.beta(0.5, 4.0, 5_000)
        drawn = rng.choice(everyone, 800)
        yes = (rng.random(800) < drawn**1.5).astype(float)  # the scores are off
        found = assisted_share(yes, drawn, np.ones(800), everyone)
        truth = _mean_of_power()
        hits += found.low <= truth <= found.high
    assert hits / n_seeds >= 0.92


def _mean_of_power() -> float:
    from scipy.special import beta

    return float(beta(2.0, 4.0) / beta(0.5, 4.0))


def test_scores_that_say_nothing_leave_the_sample_alone() -> None:
    rng = np.random.default_rng(3)
    yes = (rng.random(500) < 0.2).astype(float)
    found = assisted_share(yes, np.zeros(500), np.ones(500), np.zeros(1_000))
    assert found.value == pytest.approx(yes.mean())


@pytest.mark.parametrize(
    ("values", "said"), [(["yes"], 1.0), (["yes", "no"], 0.0), (["no", "yes", "yes"], 1.0), (["no", "unsure"], 0.0)]
)
def test_most_of_those_who_are_sure_decide_and_the_last_where_they_are_even(values: list[str], said: float) -> None:
    assert majority(values) == said
    assert np.isnan(majority(["unsure"]))
