"""The moderator: scores in, a decision out. Knows nothing of HTTP, batching or the database."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from models.contracts import (
    CATEGORIES,
    BundleReference,
    Category,
    CategoryScore,
    Decision,
    Modality,
    PolicyReference,
    Reason,
    ScoreSource,
    ScoreStatus,
)
from service.policy.compiled import CompiledPolicy, Verdict
from service.ticket import Scored


@dataclass(slots=True)
class Judgement:
    """One item's decision, before it is written in any wire format.

    Attributes:
        probs: in the order of the moderator's labels.
        decided_at_us: microseconds since 1970, UTC.

    """

    decision_id: str
    decided_at_us: int
    probs: list[float]
    verdict: Verdict


class Moderator:
    """Judges scored texts by one policy and names who decided.

    Attributes:
        labels: categories of the scores, in the order of `Judgement.probs`.
        policy: the compiled policy.
        bundles: the bundles that scored.

    """

    def __init__(
        self,
        labels: Sequence[Category],
        policy: CompiledPolicy,
        bundles: Sequence[BundleReference],
        new_id: Callable[[], str],
    ) -> None:
        self.labels = tuple(labels)
        self.policy = policy
        self.bundles = tuple(bundles)
        self._new_id = new_id

    def judge(self, scored: Scored) -> Judgement:
        """Decide on one item."""
        return Judgement(self._new_id(), time.time_ns() // 1000, scored.probs, self.policy.judge(scored.probs))

    def decision(self, judgement: Judgement, content_id: str | None = None) -> Decision:
        """The decision as the shared vocabulary has it; the wire formats write the same without these objects."""
        probs = dict(zip(self.labels, judgement.probs, strict=True))
        verdict = judgement.verdict
        return Decision(
            decision_id=judgement.decision_id,
            content_id=content_id,
            action=verdict.action,
            review=verdict.review,
            flagged=verdict.flagged,
            reasons=tuple(
                Reason(
                    category=entry.rule.category,
                    prob=entry.prob,
                    threshold=entry.rule.threshold,
                    action=entry.rule.action,
                    message=entry.rule.message,
                )
                for entry in verdict.fired
            ),
            scores=tuple(_score(category, probs.get(category)) for category in CATEGORIES),
            decided_by=ScoreSource.TEXT if verdict.fired else None,
            policy=PolicyReference(name=self.policy.name, version=self.policy.version),
            bundles=self.bundles,
            decided_at=datetime.fromtimestamp(judgement.decided_at_us / 1e6, UTC),
        )


def _score(category: Category, prob: float | None) -> CategoryScore:
    if prob is None:
        return CategoryScore(category=category, status=ScoreStatus.NOT_APPLIED)
    return CategoryScore(
        category=category, status=ScoreStatus.SCORED, prob=prob, modalities=(Modality.TEXT,), source=ScoreSource.TEXT
    )
