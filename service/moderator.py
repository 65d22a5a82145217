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
from service.policy.compiled import CompiledPolicy
from service.policy.facts import Facts
from service.policy.severity import Points, severity
from service.policy.verdicts import Verdict
from service.ticket import Scored


@dataclass(slots=True)
class Judgement:
    """One item's decision, before it is written in any wire format.

    Attributes:
        moderator: who judged.
        decided_at_us: microseconds since 1970, UTC.
        probs: in the order of the moderator's labels.

    """

    moderator: "Moderator"
    decision_id: str
    decided_at_us: int
    probs: list[float]
    verdict: Verdict


class Moderator:
    """Judges scored texts by one policy and names who decided.

    Attributes:
        labels: categories of the scores, in the order of `Judgement.probs`.
        policy: the compiled policy; its text bundle is the one whose scores are judged.
        bundles: the bundles that scored.
        points: the operating points of the labels.
        names: of the labels.
        decider_id: under which the log knows it; set when its policy is registered.

    """

    def __init__(
        self,
        labels: Sequence[Category],
        policy: CompiledPolicy,
        bundles: Sequence[BundleReference],
        points: Sequence[Points],
        new_id: Callable[[], str],
    ) -> None:
        self.labels = tuple(labels)
        self.names = tuple(label.value for label in self.labels)
        self.decider_id = ""
        self.policy = policy
        self.bundles = tuple(bundles)
        self.points = tuple(points)
        self._new_id = new_id

    def judge(self, scored: Scored, facts: Facts) -> Judgement:
        """Decide on one item."""
        verdict = self.policy.judge_text(scored.probs, facts)
        return Judgement(self, self._new_id(), time.time_ns() // 1000, scored.probs, verdict)

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
            reasons=self.reasons(verdict),
            scores=tuple(self._score(category, probs.get(category)) for category in CATEGORIES),
            decided_by=verdict.decided_by,
            policy=PolicyReference(name=self.policy.name, version=self.policy.version),
            bundles=self.bundles,
            decided_at=datetime.fromtimestamp(judgement.decided_at_us / 1e6, UTC),
        )

    def reasons(self, verdict: Verdict) -> tuple[Reason, ...]:
        """Every rule that fired, in the shared vocabulary."""
        return tuple(entry.reason for entry in verdict.fired)

    def _score(self, category: Category, prob: float | None) -> CategoryScore:
        if prob is None:
            return CategoryScore(category=category, status=ScoreStatus.NOT_APPLIED)
        return CategoryScore(
            category=category,
            status=ScoreStatus.SCORED,
            prob=prob,
            severity=severity(prob, self.points[self.labels.index(category)]),
            modalities=(Modality.TEXT,),
            source=ScoreSource.TEXT,
        )
