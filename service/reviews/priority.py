"""Priority: which item a reviewer should see next.

    priority(t) = 10 severity + 20 uncertainty + 5 log10(1 + reach) + 5 log2(1 + user reports) + hours waited at t

`severity` is 0, 2, 4 or 6, `uncertainty` is in [0, 1]. Every further hour counts one point, so an unlikely harm that
nobody saw overtakes a fresh grave one after at most 60 hours more.

All items grow by the same point an hour, so their order never changes by waiting: it is the order of
`rank = priority(t) - hours since 1970 at t`, which does not depend on `t`. The rank is stored once and indexed; the
priority is computed from it when somebody asks. No row is rewritten as items grow older.

Source: the weights are this project's choice, made so that no factor can be drowned by another for long; severity
follows the four levels of Azure AI Content Safety.
"""

import math
from collections.abc import Iterable
from typing import Final

from models.contracts import Decision, Reason, ScoreStatus

SEVERITY_WEIGHT: Final = 10.0
UNCERTAINTY_WEIGHT: Final = 20.0
REACH_WEIGHT: Final = 5.0
REPORTS_WEIGHT: Final = 5.0
HOUR_US: Final = 3_600_000_000
ASKED_BASE: Final = 30.0
"""At least the priority of what was drawn at random or suggested: that of a severity of 2 halfway to its threshold. A
sample whose harmless items waited until they expired would overstate prevalence."""


def uncertainty(pairs: Iterable[tuple[float, float]]) -> float:
    """How close the deciding scores are to where they would decide otherwise: 1 at a threshold, 0 farthest away.

        uncertainty = max over (p, t) of 1 - |p - t| / max(t, 1 - t)

    Args:
        pairs: probability and threshold of each rule that fired on a score; none means that nothing was scored, and
            nobody can be less certain than that: 1.

    """
    found = [1.0 - abs(prob - threshold) / max(threshold, 1.0 - threshold) for prob, threshold in pairs]
    return max(found, default=1.0)


def decision_uncertainty(decision: Decision) -> float:
    """Of the reasons that set the action; 0 where known content or a list did, as people were certain of that."""
    deciding = [reason for reason in decision.reasons if reason.action is decision.action]
    if any(reason.bank is not None or reason.list is not None for reason in deciding):
        return 0.0
    return uncertainty(pair for reason in deciding if (pair := _pair(reason)) is not None)


def _pair(reason: Reason) -> tuple[float, float] | None:
    if reason.category is None or reason.prob is None or reason.threshold is None:
        return None
    return reason.prob, reason.threshold


def gravest(decision: Decision) -> tuple[str | None, int]:
    """The category that weighs most and its severity: among the reasons, or among all scores when no rule fired."""
    fired = {reason.category for reason in decision.reasons if reason.category is not None}
    scored = [score for score in decision.scores if score.status is ScoreStatus.SCORED]
    among = [score for score in scored if score.category in fired] or ([] if decision.reasons else scored)
    best = max(among, key=lambda score: (score.severity or 0, score.prob or 0.0), default=None)
    return (None, 0) if best is None else (best.category.value, best.severity or 0)


def base(severity: int, uncertain: float, reach: int, user_reports: int) -> float:
    """The priority of an item that has not waited yet."""
    return (
        SEVERITY_WEIGHT * severity
        + UNCERTAINTY_WEIGHT * uncertain
        + REACH_WEIGHT * math.log10(1 + reach)
        + REPORTS_WEIGHT * math.log2(1 + user_reports)
    )


def queue_rank(severity: int, uncertain: float, reach: int, user_reports: int, created_at_us: int) -> float:
    """The part of the priority that does not change."""
    return base(severity, uncertain, reach, user_reports) - created_at_us / HOUR_US


def asked_rank(since_us: int) -> float:
    """The least rank of what was drawn or suggested at this time."""
    return ASKED_BASE - since_us / HOUR_US


def priority(rank: float, now_us: int) -> float:
    """The priority now, to two decimals."""
    return round(rank + now_us / HOUR_US, 2)
