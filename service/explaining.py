"""Explaining: which scores of decided items are worth evidence, and whose evidence was asked for."""

from collections.abc import Callable, Sequence

from models.contracts import Category, Decision, Evidence, FailureCode, Modality
from service.engine import Engine, Outcome
from service.explainer import Explained, Question
from service.moderator import Judgement
from service.panel import Ruling
from service.policy.severity import severity
from service.wire.decisions import Item


def explain_items(
    engine: Engine, items: Sequence[Item], outcomes: Sequence[Outcome], deadline: float, done: Callable[[], None]
) -> None:
    """Write on the items that asked for it which words carried their scores; `done` is called once, now or later.

    Scores may come from a cache, and evidence never does: it is read from the text each time it is asked for.
    """
    asked = [
        (item, outcome)
        for item, outcome in zip(items, outcomes, strict=True)
        if item.evidence and not isinstance(outcome, FailureCode)
    ]
    if not asked:
        done()
        return

    def take(answers: list[Explained]) -> None:
        for (item, _), explained in zip(asked, answers, strict=True):
            item.explained = explained
        done()

    engine.explainer.explain([Question(item.text, raised(outcome)) for item, outcome in asked], deadline, take)


def raised(outcome: Judgement | Ruling) -> frozenset[Category]:
    """The categories whose score from the text is at least severe in the lowest degree, or that a rule fired for."""
    if isinstance(outcome, Ruling):
        return raised_in(outcome.decision)
    moderator = outcome.moderator
    entries = zip(moderator.labels, outcome.probs, moderator.points, strict=True)
    scored = {label for label, prob, points in entries if severity(prob, points)}
    fired = (entry.rule.category for entry in outcome.verdict.fired)
    return frozenset(scored | {category for category in fired if category is not None})


def raised_in(decision: Decision) -> frozenset[Category]:
    """The same of a decision in the shared vocabulary."""
    scored = {score.category for score in decision.scores if score.severity and Modality.TEXT in score.modalities}
    return frozenset(scored | {reason.category for reason in decision.reasons if reason.category is not None})


def explained_decision(decision: Decision, explained: Explained) -> Decision:
    """A decision with what became of the question which words carried its scores."""
    spans = {"spans": explained.spans, "spans_state": explained.state}
    evidence = (decision.evidence or Evidence()).model_copy(update=spans)
    return decision.model_copy(update={"evidence": evidence})
