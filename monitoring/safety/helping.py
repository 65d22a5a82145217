"""Helping: prevalence by category where the scores of all decisions sharpen what the sample says."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from models.contracts import CATEGORIES
from monitoring.safety.answering import Answers, weigh_answers
from monitoring.safety.assisted import MIN_POSITIVES, assisted_share
from monitoring.safety.intervals import Floats
from monitoring.safety.metric import Basis, Metric, missing
from monitoring.safety.part import Part, scored
from monitoring.safety.sample import ReviewSample

_NAME: Final = "prevalence_assisted"


def assisted_metrics(sample: ReviewSample, scores: dict[str, dict[str, float]], part: Part) -> Iterator[Metric]:
    """Harmful items of any kind by their highest score, then each category by its own."""
    gone = [key not in scores for key in sample.decision_ids]
    found = np.array([scored(scores.get(key, {})) for key in sample.decision_ids]).reshape(-1, len(CATEGORIES))
    probs, everything = np.nan_to_num(found), np.nan_to_num(part.probs)  # any guess will do, the same on both sides
    for position, category in enumerate([None, *CATEGORIES]):
        values = sample.harmful() if category is None else sample.shows(category.value)
        values = np.where(gone, np.nan, values)  # purged: without a score it cannot help
        answers = weigh_answers(values, sample.weights, sample.cells)
        mine, everyone = (
            (probs.max(axis=1, initial=0.0), everything.max(axis=1, initial=0.0))
            if category is None
            else (probs[:, position - 1], everything[:, position - 1])
        )
        yield _assisted(category and category.value, answers, mine[answers.positions], everyone)


def _assisted(category: str | None, answers: Answers, probs: Floats, everyone: Floats) -> Metric:
    problem = answers.problem or _problem(answers, everyone)
    if problem:
        return missing(_NAME, problem, category=category, n=len(answers.values))
    found = assisted_share(answers.values, probs, answers.weights, everyone)
    return Metric(
        name=_NAME,
        category=category,
        value=found.value,
        low=found.low,
        high=found.high,
        n=len(answers.values),
        basis=Basis.SAMPLED,
        method=f"difference estimate with {len(everyone)} scored decisions (PPI++), normal interval",
    )


def _problem(answers: Answers, everyone: Floats) -> str | None:
    if len(everyone) < MIN_POSITIVES or not everyone.any():
        return "no model scored it, so there is nothing to help with; see the prevalence of the sample alone"
    n_rarer = int(min(answers.values.sum(), len(answers.values) - answers.values.sum()))
    if n_rarer < MIN_POSITIVES:
        return (
            f"{n_rarer} of the rarer answer in the sample; at least {MIN_POSITIVES} are needed. The prevalence of the "
            "sample alone has an exact interval"
        )
    return None
