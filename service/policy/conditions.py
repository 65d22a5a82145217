"""Conditions: what a rule rests on, as written. Nothing here is resolved against a bundle yet.

`str` of a condition says it in words; `service.policy.describing` does so for scores and combinations.
"""

from dataclasses import dataclass
from typing import Final, Literal

from models.contracts import Category, Modality, OperatingPoint, ScoreSource
from service.policy.facts import Facts

At = float | OperatingPoint
"""A probability, or the name of an operating point of whichever bundle gave the score."""
Named = Literal["kind", "surface", "tenant", "audience"]
Counted = Literal["min_user_reports", "min_reach", "min_prior_violations"]
_COUNTED: Final[dict[Counted, str]] = {
    "min_user_reports": "user reports",
    "min_reach": "reach",
    "min_prior_violations": "prior violations",
}
SEVERITIES: Final[dict[int, OperatingPoint]] = {
    2: OperatingPoint.RECALL,
    4: OperatingPoint.BALANCED,
    6: OperatingPoint.PRECISION,
}
"""The operating point from which on a severity is reached: `service.policy.severity`."""


@dataclass(frozen=True, slots=True)
class ScoreCondition:
    """Some score of a category reaches a threshold.

    Attributes:
        sources: whose scores count; None for all of them.

    """

    category: Category
    at: At
    sources: frozenset[ScoreSource] | None = None


@dataclass(frozen=True, slots=True)
class KnownCondition:
    """It matches known content of a bank; of any bank when None."""

    bank: str | None

    def holds(self, facts: Facts) -> bool:
        """Whether it is so."""
        return any(self.bank is None or match.bank == self.bank for match in facts.matches)

    def __str__(self) -> str:
        return "known content" if self.bank is None else f"known to bank {self.bank}"


@dataclass(frozen=True, slots=True)
class ListCondition:
    """An entry of one of the policy's lists occurs in its text, or in the words of an image."""

    name: str

    def __str__(self) -> str:
        return f"on list {self.name}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """A fact has one of these names."""

    fact: Named
    names: tuple[str, ...]

    def holds(self, facts: Facts) -> bool:
        """Whether it is so; what the caller did not say is none of the names."""
        if self.fact == "tenant":
            return facts.tenant in self.names
        if self.fact == "surface":
            return facts.surface in self.names
        return (facts.context.kind if self.fact == "kind" else facts.context.audience) in self.names

    def __str__(self) -> str:
        return f"{self.fact} is {' or '.join(self.names)}"


@dataclass(frozen=True, slots=True)
class LocaleIs:
    """The locale is one of these or a part of one: `pt` means `pt-BR` too. Lower case."""

    prefixes: tuple[str, ...]

    def holds(self, facts: Facts) -> bool:
        """Whether it is so."""
        locale = (facts.context.locale or "").lower()
        return any(locale == prefix or locale.startswith(f"{prefix}-") for prefix in self.prefixes)

    def __str__(self) -> str:
        return f"locale is {' or '.join(self.prefixes)}"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A count that only grows has come so far."""

    fact: Counted
    number: int

    def holds(self, facts: Facts) -> bool:
        """Whether it is so."""
        context = facts.context
        if self.fact == "min_user_reports":
            return context.user_reports >= self.number
        return (context.reach if self.fact == "min_reach" else context.author.prior_violations) >= self.number

    def __str__(self) -> str:
        return f"{_COUNTED[self.fact]} >= {self.number}"


@dataclass(frozen=True, slots=True)
class AccountIsYoung:
    """The author's account is known to be at most so old."""

    max_age_days: int

    def holds(self, facts: Facts) -> bool:
        """Whether it is so; an unknown age is not a young one."""
        age = facts.context.author.account_age_days
        return age is not None and age <= self.max_age_days

    def __str__(self) -> str:
        return f"account age <= {self.max_age_days} days"


@dataclass(frozen=True, slots=True)
class AuthorIsVerified:
    """The caller vouches for the author, or does not."""

    is_verified: bool

    def holds(self, facts: Facts) -> bool:
        """Whether it is so."""
        return facts.context.author.is_verified is self.is_verified

    def __str__(self) -> str:
        return "author is verified" if self.is_verified else "author is not verified"


@dataclass(frozen=True, slots=True)
class Brings:
    """The item has all of these kinds of input."""

    modalities: frozenset[Modality]

    def holds(self, facts: Facts) -> bool:
        """Whether it is so."""
        return self.modalities <= facts.modalities

    def __str__(self) -> str:
        return f"has {' and '.join(sorted(self.modalities))}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part, which is about the context alone, does not hold."""

    part: "Condition"


ContextCondition = OneOf | LocaleIs | AtLeast | AccountIsYoung | AuthorIsVerified | Brings
Condition = ScoreCondition | KnownCondition | ListCondition | ContextCondition | AllOf | AnyOf | Not


def leaves(condition: Condition) -> "list[Condition]":
    """The conditions that no others are parts of, in the order in which they are written."""
    if isinstance(condition, AllOf | AnyOf):
        return [leaf for part in condition.parts for leaf in leaves(part)]
    return leaves(condition.part) if isinstance(condition, Not) else [condition]
