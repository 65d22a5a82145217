"""Quality by labels against populations whose truth is known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from models.contracts import CATEGORIES, Category
from monitoring.quality.estimating import estimate
from monitoring.quality.evidence import post_stratify, sampled_evidence
from monitoring.quality.measuring import measure_quality
from monitoring.quality.report import QualityReport
from monitoring.quality.thresholds import Thresholds
from monitoring.safety.metric import Basis, Metric
from monitoring.windows.window import DAY_US, Period, Window

BUNDLE, POINT = "a" * 64, 0.5
SPAM = Category.SPAM.value
N = 40_000


def thresholds() -> Thresholds:
    table = np.full((len(CATEGORIES), 3), np.nan)
    table[CATEGORIES.index(Category.SPAM)] = [0.3, POINT, 0.8]
    return Thresholds({BUNDLE: table})


@dataclass
class Population:
    """Everything that was posted in a day."""

    probs: np.ndarray
    yes: np.ndarray
    rng: np.random.Generator

    @property
    def flagged(self) -> np.ndarray:
        return self.probs >= POINT

    def rows(self, chosen: np.ndarray, origin: str, weight: float) -> pd.DataFrame:
        at = np.flatnonzero(chosen)
        return pd.DataFrame(
            {
                "decision_id": [f"{origin}-{i}" for i in at],
                "decided_at_us": at.astype(np.int64) * (DAY_US // N),
                "category": SPAM,
                "label": self.yes[at].astype(float),
                "prob": self.probs[at],
                "bundle": BUNDLE,
                "origin": origin,
                "weight": weight,
            }
        )

    def window(self) -> Window:
        frame = pd.DataFrame({f"score:{SPAM}": self.probs.astype(np.float32), "weight": 1.0})
        nothing = np.full((N, 32), np.nan, np.float32)
        return Window(Period(0, DAY_US), N, frame, nothing, nothing)


def population(seed: int = 0) -> Population:
    rng = np.random.default_rng(seed)
    probs = rng.beta(0.4, 3.0, N)
    return Population(probs, rng.random(N) < probs**1.3, rng)


def metric(report: QualityReport, key: str) -> Metric:
    found = report.find(key)
    assert found is not None
    return found


def test_the_random_sample_tells_of_all_decisions() -> None:
    everyone = population()
    labels = everyone.rows(everyone.rng.random(N) < 0.1, "sample", 10.0)
    found = measure_quality(labels, everyone.window(), thresholds=thresholds())
    truths = {
        "base_rate": everyone.yes.mean(),
        "precision": everyone.yes[everyone.flagged].mean(),
        "recall": everyone.flagged[everyone.yes].mean(),
        "pr_auc": average_precision_score(everyone.yes, everyone.probs),
        "roc_auc": roc_auc_score(everyone.yes, everyone.probs),
        "brier": ((everyone.probs - everyone.yes) ** 2).mean(),
    }
    for name, truth in truths.items():
        entry = metric(found, f"{name}:{SPAM}")
        assert entry.basis is Basis.SAMPLED
        assert entry.low is not None
        assert entry.high is not None
        assert entry.low <= truth <= entry.high, name


def test_the_queue_alone_tells_nothing_of_what_was_never_queued() -> None:
    everyone = population()
    labels = everyone.rows(everyone.flagged & (everyone.rng.random(N) < 0.3), "review", 1.0)
    found = measure_quality(labels, everyone.window(), thresholds=thresholds())
    assert metric(found, f"recall:{SPAM}").value is None
    assert metric(found, f"base_rate:{SPAM}").value is None
    assert "WEIR_REVIEW_SAMPLE_SHARE" in (metric(found, f"recall:{SPAM}").reason or "")
    assert metric(found, f"precision:{SPAM}").basis is Basis.SELECTED


def test_a_queue_that_is_worked_from_the_top_is_weighed_back() -> None:
    everyone = population()
    first = everyone.rng.random(N) < np.where(everyone.probs > 0.75, 0.9, 0.1)
    labels = everyone.rows(everyone.flagged & first, "review", 1.0)
    truth = everyone.yes[everyone.flagged].mean()
    entry = metric(measure_quality(labels, everyone.window(), thresholds=thresholds()), f"precision:{SPAM}")
    naive = metric(measure_quality(labels, None, thresholds=thresholds()), f"precision:{SPAM}")
    assert entry.low <= truth <= entry.high  # type: ignore[operator]
    assert naive.low > truth  # type: ignore[operator]


def test_suggested_items_are_not_a_picture_of_the_traffic() -> None:
    everyone = population()
    sample = everyone.rows(everyone.rng.random(N) < 0.05, "sample", 20.0)
    hard = everyone.rows(np.abs(everyone.probs - POINT) < 0.05, "suggested", 1.0)
    both = pd.concat([sample, hard], ignore_index=True)
    alone, mixed = (measure_quality(rows, everyone.window(), thresholds=thresholds()) for rows in (sample, both))
    assert alone.values == mixed.values


def test_a_sample_without_what_reviewers_did_not_see_is_no_sample() -> None:
    everyone = population()
    labels = everyone.rows(everyone.yes & (everyone.rng.random(N) < 0.5), "sample", 1.0).drop(columns="weight")
    found = measure_quality(labels, everyone.window(), thresholds=thresholds())
    assert metric(found, f"recall:{SPAM}").value is None
    assert metric(found, f"precision:{SPAM}").basis is Basis.SELECTED


def test_few_labels_and_unknown_thresholds_have_reasons() -> None:
    everyone = population()
    few = everyone.rows(np.arange(N) < 12, "sample", 1.0)
    assert "12 labels" in (metric(measure_quality(few, None, thresholds=thresholds()), f"brier:{SPAM}").reason or "")
    many = everyone.rows(np.arange(N) < 3_000, "sample", 1.0)
    found = measure_quality(many, None)
    assert "operating points" in (metric(found, f"precision:{SPAM}").reason or "")
    assert metric(found, f"recall:{SPAM}").value is None
    assert metric(found, f"roc_auc:{SPAM}").value is not None


def test_no_labels_at_all_are_a_note_and_not_an_error() -> None:
    empty = population().rows(np.zeros(N, dtype=bool), "sample", 1.0)
    found = measure_quality(empty, None)
    assert found.metrics == ()
    assert found.n_labels == 0
    assert "no labels" in found.notes[0]


def test_quality_that_falls_is_seen_in_the_parts_of_the_period() -> None:
    everyone = population()
    later = np.arange(N) >= N // 2
    everyone.yes = np.where(later, everyone.rng.random(N) < 0.2, everyone.yes)
    labels = everyone.rows(everyone.rng.random(N) < 0.2, "sample", 5.0)
    parts = measure_quality(labels, everyone.window(), thresholds=thresholds()).over_time
    brier = [next(m.value for m in part.metrics if m.key == f"brier:{SPAM}") for part in parts]
    assert len(parts) == 8
    assert max(brier[:4]) < min(brier[4:])  # type: ignore[type-var]


def test_when_all_flags_are_right_the_interval_still_has_a_width() -> None:
    everyone = population()
    everyone.yes = everyone.flagged
    labels = everyone.rows(everyone.rng.random(N) < 0.05, "sample", 20.0)
    entry = metric(measure_quality(labels, None, thresholds=thresholds()), f"precision:{SPAM}")
    assert entry.value == 1.0
    assert 0.8 < entry.low < 0.999  # type: ignore[operator]


def test_intervals_of_the_sample_hold_the_truth_in_nineteen_of_twenty() -> None:
    hits = {"precision": 0, "recall": 0, "brier": 0, "roc_auc": 0}
    n_seeds, everyone = 40, population()
    truths = {
        "precision": everyone.yes[everyone.flagged].mean(),
        "recall": everyone.flagged[everyone.yes].mean(),
        "brier": ((everyone.probs - everyone.yes) ** 2).mean(),
        "roc_auc": roc_auc_score(everyone.yes, everyone.probs),
    }
    for _ in range(n_seeds):
        labels = everyone.rows(everyone.rng.random(N) < 0.04, "sample", 25.0)
        sample = sampled_evidence(labels, thresholds())
        for entry in estimate(SPAM, sample, sample):
            if entry.name in truths:
                hits[entry.name] += entry.low <= truths[entry.name] <= entry.high  # type: ignore[operator]
    assert min(hits.values()) >= 33, hits  # 38 expected of 40; 33 is more than three standard deviations below


def test_strata_stand_for_the_decisions_with_scores_like_theirs() -> None:
    probs = np.array([0.5] * 10 + [0.9] * 10)
    everyone = np.concatenate([np.full(300, 0.6), np.full(50, 0.95), np.full(1_000, 0.1)])
    strata, weights = post_stratify(probs, everyone, np.ones(1_350))
    assert len(set(strata.tolist())) == 2
    assert weights[:10].sum() == pytest.approx(300)
    assert weights[10:].sum() == pytest.approx(50)
