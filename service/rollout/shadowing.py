"""The shadow policy: judges every decision, or a share of them, again, and records what it would have done."""

import logging
from collections.abc import Callable
from typing import Final

import orjson
from sqlalchemy import Connection

from service.asking import Decided
from service.faults import describe
from service.judges import Judges
from service.panel import Ruling
from service.records.inserting import insert_rows
from service.records.writer import Write
from service.rollout.judging_again import Again, judge_again
from service.rollout.tables import shadow_decisions

_DIGITS: Final = 8
"""Last hexadecimal digits of a decision's id, which are random."""

ShadowRow = tuple[str | int | bool | None, ...]
"""One row in the order of the columns of `shadow_decisions`."""

OnJudged = Callable[[str], None]
"""Told what came of one decision beside which a shadow ran: `same`, `differs` (another action) or `failed`."""
FAILED: Final = "failed"

logger: Final = logging.getLogger("bentoml.weir.rollout")


class ShadowPolicyHook:
    """Hears of every decision; writes in its transaction. Costs one look at the line-up while no shadow is set.

    Attributes:
        n_failures: decisions that the shadow could not judge; they are answered as if there were none.

    """

    def __init__(self, judges: Judges, on_judged: OnJudged = lambda _: None) -> None:
        self._judges = judges
        self._on_judged = on_judged
        self.n_failures = 0

    def __call__(self, decided: Decided) -> Write | None:
        """What to write beside the decision; None without a shadow, and for what is not in its share."""
        shadow = self._judges.lineup.shadow
        if shadow is None or not is_sampled(decided.decision_id, shadow.share):
            return None
        try:
            again = judge_again(decided, shadow.panel)
        except Exception as error:  # noqa: BLE001 - a shadow never stands in the way of an answer
            self.n_failures += 1
            self._on_judged(FAILED)
            logger.error("the shadow policy failed: %s", describe(error))  # noqa: TRY400 - it could quote content
            return None
        if again is None:
            return None
        row = shadow_row(decided, shadow.version, again)
        self._on_judged(compared(decided, again))

        def write(connection: Connection) -> None:
            insert_rows(connection, shadow_decisions, [row])

        return write


def compared(decided: Decided, again: Again) -> str:
    """Whether a shadow would have taken the same action."""
    return "same" if again.action.value == str(decided.action) else "differs"


def is_sampled(decision_id: str, share: float) -> bool:
    """Whether a decision is in a share; always the same ones, and those of a smaller share are in a larger one."""
    return share >= 1.0 or int(decision_id[-_DIGITS:], 16) < share * 16**_DIGITS


def shadow_row(decided: Decided, shadow: str, again: Again, scores: str | None = None) -> ShadowRow:
    """What a shadow would have done, beside what was done.

    Args:
        decided: the decision.
        shadow: the version of a policy, or the digest of a bundle.
        again: what it would have done.
        scores: JSON, of a bundle.

    """
    rules = orjson.dumps(again.rules).decode()
    return (
        decided.decision_id,
        shadow,
        decided.decided_at_us,
        active_version(decided),
        str(decided.action),
        decided.review,
        again.action.value,
        again.review,
        again.flagged,
        rules,
        scores,
    )


def active_version(decided: Decided) -> str:
    """The version of the policy that decided."""
    outcome = decided.outcome
    if isinstance(outcome, Ruling):
        return outcome.decision.policy.version
    return "" if outcome is None else outcome.moderator.policy.version
