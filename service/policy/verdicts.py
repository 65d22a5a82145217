"""Verdicts: what a policy says about one item, and which of its rules say it."""

from typing import Final, NamedTuple

from models.contracts import Action, Category, Reason, ScoreSource

KNOWN_PROB: Final = 1.0
"""A bank's judgement is a person's."""


class CompiledRule(NamedTuple):
    """What decisions and messages need of a rule."""

    id: str
    code: str
    category: Category | None
    action: Action
    strictness: int
    review: bool
    message: str


class Place(NamedTuple):
    """An image that a rule rests on, and the harm in it; None for a word of a list."""

    image: int
    category: Category | None


class Fired(NamedTuple):
    """A rule that fired, and what made it.

    Attributes:
        prob: of its first score that was reached, the highest of all sources; 1 where it rests on known content
            without a score; None where it rests on neither.
        threshold: that this score reached, which is its own bundle's.
        source: the part of the item.
        bank: whose content it matched.
        list: that occurs in it.
        places: images that it rests on.

    """

    rule: CompiledRule
    prob: float | None = None
    threshold: float | None = None
    source: ScoreSource | None = None
    bank: str | None = None
    list: str | None = None
    places: tuple[Place, ...] = ()

    @property
    def reason(self) -> Reason:
        """In the shared vocabulary."""
        rule = self.rule
        return Reason(
            rule=rule.id,
            code=rule.code,
            category=rule.category,
            prob=self.prob,
            threshold=self.threshold,
            action=rule.action,
            message=rule.message,
            source=self.source,
            bank=self.bank,
            list=self.list,
        )


class Verdict(NamedTuple):
    """What the policy says about one item.

    Attributes:
        fired: every rule that fired, strictest first, then by probability; exemptions that took effect among them,
            with the action allow.
        flagged: a category reached the balanced operating point of its bundle, exempt or not.

    """

    action: Action
    review: bool
    flagged: bool
    fired: tuple[Fired, ...]

    @property
    def decided_by(self) -> ScoreSource | None:
        """The part of the item that set the action."""
        return self.fired[0].source if self.fired else None


CLEAN: Final = Verdict(Action.ALLOW, review=False, flagged=False, fired=())


def bank_rule(bank: str) -> str:
    """The name under which a bank's judgement is a reason; no rule of a policy can have it."""
    return f"bank:{bank}"
