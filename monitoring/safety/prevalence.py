"""Prevalence: how much of everything is harmful, from the random sample that people reviewed.

The estimators are those of Hajek: weighted shares in which each item stands for one over its chance of being drawn.

Source: Horvitz & Thompson (1952); Hajek (1971); Meta, "Prevalence" (Transparency Center); YouTube, "Violative view
rate" (Google Transparency Report).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from models.contracts import CATEGORIES
from monitoring.safety.answering import Answers, weigh_answers
from monitoring.safety.census import Census
from monitoring.safety.intervals import Floats, weighted_share, wilson
from monitoring.safety.metric import Basis, Metric, missing
from monitoring.safety.sample import ReviewSample

_METHOD: Final = "Hajek estimate over the random sample, Korn-Graubard interval"
NO_REACH: Final = "no reviewed item of the random sample came with its reach; send context.reach with each item"


def prevalence_metrics(sample: ReviewSample, census: Census) -> Iterator[Metric]:
    """Shares of harmful items and views: all together, then by category."""
    yield _answered(sample)
    for category, values in (None, sample.harmful()), *((c.value, sample.shows(c.value)) for c in CATEGORIES):
        answers = weigh_answers(values, sample.weights, sample.cells)
        yield _share("prevalence", category, answers)
        yield from _by_views(category, answers, sample, census)
    yield _share("missed_prevalence", None, weigh_answers(sample.missed(), sample.weights, sample.cells))


def _answered(sample: ReviewSample) -> Metric:
    if not len(sample):
        return missing("sample_answered", weigh_answers(np.empty(0), sample.weights, sample.cells).problem or "")
    found = wilson(int(sample.is_answered.sum()), len(sample))
    return Metric(name="sample_answered", value=found.value, n=len(sample), method="count")


def _share(name: str, category: str | None, answers: Answers) -> Metric:
    if answers.problem:
        return missing(name, answers.problem, category=category, n=len(answers.values))
    found = weighted_share(answers.values, answers.weights)
    return Metric(
        name=name,
        category=category,
        value=found.value,
        low=found.low,
        high=found.high,
        n=len(answers.values),
        basis=Basis.SAMPLED,
        method=_METHOD,
        note="" if len(answers.values) == answers.n_drawn else f"{len(answers.values)} of {answers.n_drawn} answered",
    )


def _by_views(category: str | None, answers: Answers, sample: ReviewSample, census: Census) -> Iterator[Metric]:
    """Views of harmful items among all views, and how many those are: `share * all views`, a ratio estimate."""
    names = ("views_prevalence", "harmful_impressions")
    views: Floats = (sample.reach * sample.is_visible)[answers.positions] * answers.weights
    problem = answers.problem or (None if views.sum() > 0 else NO_REACH)
    if problem:
        yield from (missing(name, problem, category=category, n=len(answers.values)) for name in names)
        return
    found, n = weighted_share(answers.values, views), int((views > 0).sum())
    for name, factor in zip(names, (1.0, census.visible_impressions), strict=True):
        yield Metric(
            name=name,
            category=category,
            value=found.value * factor,
            low=found.low * factor,
            high=found.high * factor,
            n=n,
            basis=Basis.SAMPLED,
            method="ratio estimate by views over the random sample, Korn-Graubard interval",
            note="reach as the caller gave it when the item was decided; what was held or removed has none",
        )
