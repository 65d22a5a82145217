"""Reviewers: who says something of a decision: the key that asked, and the person behind it where it says so."""

from dataclasses import dataclass

from service.access.principal import Principal


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One reviewer.

    Attributes:
        actor: of the principal.
        person: the optional `reviewer` of the request; None where the key stands for one person.

    """

    actor: str
    person: str | None = None

    @property
    def name(self) -> str:
        """Under which verdicts and labels keep it."""
        return self.actor if self.person is None else f"{self.actor}/{self.person}"

    def may_be(self, name: str) -> bool:
        """Whether it could be the one of this name: the same key, and no two different persons."""
        actor, _, person = name.partition("/")
        return actor == self.actor and (not person or self.person is None or person == self.person)


def reviewer_of(principal: Principal, person: str | None) -> Reviewer:
    """The reviewer behind a request."""
    return Reviewer(principal.actor, person)


def named(name: str) -> Reviewer:
    """The reviewer of a name that `Reviewer.name` wrote."""
    actor, _, person = name.partition("/")
    return Reviewer(actor, person or None)
