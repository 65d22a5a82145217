"""The report of a comparison: what the new bundle would have done, how it scores, and who is right more often."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.contracts.base import Value

Count = Annotated[int, Field(ge=0)]


class Ruling(StrEnum):
    """What the evidence says."""

    PROMOTE = "promote"
    """By people's labels it is better, and nowhere worse beyond chance."""
    KEEP = "keep"
    """Somewhere it is worse beyond chance: keep what decides."""
    NOT_ENOUGH = "not_enough"
    """Too few labels, or too small a difference, to tell. Never a reason to promote."""


class Bounded(Value):
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


class ActionChange(Value):
    """Decisions that had one action and would have had another."""

    was: str
    would_be: str
    n_decisions: Count


class ScoreShift(Value):
    """How one category's probability moves: the mean of new less old."""

    category: str
    n: Count
    mean_was: float
    mean_would_be: float
    shift: Bounded


class CategoryQuality(Value):
    """One category by people's labels.

    Attributes:
        log_loss: new less old, in nats; below 0 is better.
        p_value: of that difference being none (two-sided, paired bootstrap), corrected for the categories (Holm).

    """

    category: str
    n_labels: Count
    n_positives: Count
    log_loss_was: float
    log_loss_would_be: float
    log_loss: Bounded
    p_value: Annotated[float, Field(ge=0, le=1)]


class Agreement(Value):
    """Whose action is what people then said should stand.

    Attributes:
        n_verdicts: on decisions that both acted on.
        n_only_old: where only what decided agreed with the person.
        n_only_new: where only the new bundle would have.
        p_value: of McNemar's exact test; 1 where they never differ.

    """

    n_verdicts: Count
    n_only_old: Count
    n_only_new: Count
    p_value: Annotated[float, Field(ge=0, le=1)]


class Comparison(Value):
    """A bundle in shadow against the one that decided.

    Attributes:
        shadow: digest of the new bundle.
        n_decisions: that both scored.
        changed: share of decisions whose action would have been another.
        n_reviews_added, n_reviews_removed: decisions that only one of them would have put before a person.
        quality: of all labels together; None without any.
        reasons: why the ruling is what it is, one sentence each.

    """

    ruling: Ruling
    shadow: str
    start: datetime | None
    end: datetime | None
    n_decisions: Count
    changed: Bounded | None
    n_reviews_added: Count
    n_reviews_removed: Count
    actions: tuple[ActionChange, ...]
    scores: tuple[ScoreShift, ...]
    n_labelled: Count
    quality: Bounded | None
    by_category: tuple[CategoryQuality, ...]
    agreement: Agreement
    reasons: tuple[str, ...]
