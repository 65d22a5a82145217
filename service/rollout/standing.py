"""The standing: which policy decides for whom, as the activations in their order make it.

A policy activated for all tenants is the base. One activated for some of them is the candidate: it decides for its
share, and the base for the rest. Taking back removes the candidate first, and then one base after the other.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol

from service.rollout.errors import NothingToRollBackError

EVERYBODY: Final = 100
"""Percent of tenants."""
_SPAN: Final = 2**64


class ActivationKind(StrEnum):
    """What was done."""

    ACTIVATED = "activated"
    ROLLED_BACK = "rolled_back"


class Step(Protocol):
    """One activation, as far as the standing rests on it."""

    @property
    def kind(self) -> ActivationKind:
        """What was done."""
        ...

    @property
    def version(self) -> str:
        """The policy that decides from here on."""
        ...

    @property
    def percent(self) -> int:
        """For how many of 100 tenants."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """Who decides now.

    Attributes:
        bases: versions activated for everybody and not taken back; the last one decides.
        candidate: decides for its share of tenants; None when there is none.
        percent: of tenants that the candidate decides for, 0 to 99.

    """

    bases: tuple[str, ...] = ()
    candidate: str | None = None
    percent: int = 0

    @property
    def base(self) -> str | None:
        """Decides for everybody whom the candidate does not; None before the first activation."""
        return self.bases[-1] if self.bases else None

    @property
    def newest(self) -> str | None:
        """What was activated last and not taken back."""
        return self.candidate or self.base

    def activated(self, version: str, percent: int) -> "Standing":
        """After an activation for `percent` of tenants, 1 to 100."""
        if percent < EVERYBODY:
            return replace(self, candidate=version, percent=percent)
        bases = self.bases if self.base == version else (*self.bases, version)
        return Standing(bases)

    def rolled_back(self) -> "Standing":
        """After taking back what was activated last.

        Raises:
            NothingToRollBackError: No policy decided before this one.

        """
        if self.candidate is not None:
            return Standing(self.bases)
        if len(self.bases) < 2:  # noqa: PLR2004 - the one that decides, and one before it
            raise NothingToRollBackError("no policy decided before this one: there is nothing to roll back to")
        return Standing(self.bases[:-1])


def stand(steps: Iterable[Step]) -> Standing:
    """The standing after all activations, given from the oldest to the newest."""
    standing = Standing()
    for step in steps:
        if step.kind is ActivationKind.ROLLED_BACK:
            standing = standing.rolled_back()
        else:
            standing = standing.activated(step.version, step.percent)
    return standing


def is_chosen(version: str, tenant: str, percent: int) -> bool:
    """Whether a tenant is in the share of a rollout.

    The same in every worker and at any time, and a tenant in at 10 percent stays in at 50. Each version draws anew, so
    that it is not always the same tenants who go first.
    """
    drawn = int.from_bytes(hashlib.blake2b(f"{version}\0{tenant}".encode(), digest_size=8).digest())
    return drawn * EVERYBODY < percent * _SPAN
