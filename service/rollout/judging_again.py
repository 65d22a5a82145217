"""Judging again: what another panel would have done with an item, from all that is known while it is being decided."""

from typing import NamedTuple

from models.contracts import Action
from service.asking import Decided
from service.moderator import Judgement
from service.panel import Panel, Ruling
from service.policy.compiled import Signal
from service.policy.replaying import StoredBank, add_banks
from service.policy.verdicts import Verdict, bank_rule


class Again(NamedTuple):
    """What the other panel would have done.

    Attributes:
        rules: ids of the rules that would have fired, strictest first.

    """

    action: Action
    review: bool
    flagged: bool
    rules: tuple[str, ...]


def judge_again(decided: Decided, panel: Panel) -> Again | None:
    """What a panel over the same bundles would have done; None for a decision that nobody judged here.

    Raises:
        KeyError: The panel was made for other bundles.

    """
    outcome = decided.outcome
    if outcome is None:
        return None
    if isinstance(outcome, Judgement):
        return again_from(panel.moderator.policy.judge_text(outcome.probs, decided.facts))
    return _judge_ruling(outcome, decided, panel)


def _judge_ruling(ruling: Ruling, decided: Decided, panel: Panel) -> Again:
    """A bank's judgement counts whatever the policy says, and so does a review that no rule asked for."""
    sheets = panel.policy.sheets
    signals = [
        Signal(sheets[entry.seat.bundle.digest], entry.source, entry.probs, entry.image) for entry in ruling.opinions
    ]
    banks = [
        StoredBank(reason.bank, reason.category, reason.action, reason.message)
        for reason in ruling.decision.reasons
        if reason.bank is not None and reason.category is not None and reason.rule == bank_rule(reason.bank)
    ]
    again = again_from(add_banks(panel.policy.judge(signals, decided.facts), banks))
    was_asked_for = decided.review and not any(entry.rule.review for entry in ruling.fired)
    return again._replace(review=again.review or was_asked_for)


def again_from(verdict: Verdict) -> Again:
    """A policy's verdict, as it is recorded."""
    return Again(verdict.action, verdict.review, verdict.flagged, tuple(entry.rule.id for entry in verdict.fired))
