"""Reading conditions, and refusing those with which more evidence could make an action milder.

A rule may rest on the absence of nothing that can grow: a score, a match, a list, a count. So `not` stands around the
rest of the context only. In an exemption it is the other way round for counts: one may rest on few reports, never on
many.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final, get_args

from models.contracts import CATEGORIES, DEFINITIONS, Audience, Category, Modality, OperatingPoint, ScoreSource
from service.policy.conditions import (
    SEVERITIES,
    AccountIsYoung,
    AllOf,
    AnyOf,
    At,
    AtLeast,
    AuthorIsVerified,
    Brings,
    Condition,
    Counted,
    KnownCondition,
    ListCondition,
    LocaleIs,
    Named,
    Not,
    OneOf,
    ScoreCondition,
)
from service.policy.reading import Node, Page, Shape
from service.policy.suggestions import did_you_mean, shown

SCORE_FIELDS: Final = ("category", "at", "severity", "source", "modality")
_NAMED_FIELDS: Final = ("kind", "surface", "tenant", "audience", "locale")
_COUNT_FIELDS: Final = ("min_user_reports", "min_reach")
_WHEN: Final = Shape(
    "a condition",
    (
        *SCORE_FIELDS,
        "known",
        "bank",
        "list",
        *_NAMED_FIELDS,
        "author",
        *_COUNT_FIELDS,
        "modalities",
        "all",
        "any",
        "not",
    ),
)
_AUTHOR: Final = Shape("author", ("min_prior_violations", "max_account_age_days", "is_verified"))
SOURCES: Final = tuple(source for source in ScoreSource if source is not ScoreSource.KNOWN)
_BY_MODALITY: Final = {
    Modality.TEXT: frozenset({ScoreSource.TEXT}),
    Modality.IMAGE: frozenset({ScoreSource.IMAGE, ScoreSource.IMAGE_TEXT, ScoreSource.JOINT}),
}
SCORABLE: Final = tuple(category for category in CATEGORIES if DEFINITIONS[category].scorable)
MAX_CONDITIONS: Final = 100
"""In one rule."""
MAX_DEPTH: Final = 8

_MILDER: Final = "{0} must never make an action milder"
_COUNTED: Final[dict[str, Counted]] = {name: name for name in get_args(Counted)}
_NAMED: Final[dict[str, Named]] = {name: name for name in get_args(Named)}
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_TENANT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_LEGAL_NAME: Final = "a name of lower-case letters, digits, dots, dashes and underscores"
_FORMS: Final = {
    "kind": (_NAME, _LEGAL_NAME),
    "surface": (_NAME, _LEGAL_NAME),
    "tenant": (_TENANT, "a tenant's name"),
    "locale": (_LOCALE, "a language tag such as en or pt-BR"),
}


@dataclass(frozen=True)
class ConditionReader:
    """Reads the conditions of one rule.

    Attributes:
        lists: names that the policy defines.
        exempts: the rule is an exemption.
        negated: inside `not`.

    """

    page: Page
    lists: Collection[str]
    exempts: bool = False
    negated: bool = False
    depth: int = 0

    def read(self, node: Node) -> Condition:
        """A condition; several fields hold together.

        Raises:
            PolicyError: Likewise for every other method: it is not legal here.

        """
        if self.depth > MAX_DEPTH:
            raise self.page.error(node, f"conditions are nested at most {MAX_DEPTH} deep")
        fields = self.page.fields(node, _WHEN)
        if not fields:
            raise self.page.error(node, f"a condition has at least one of {', '.join(_WHEN.legal)}")
        parts = [*self._parts(node, fields)]
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def score(self, fields: dict[str, Node], node: Node) -> ScoreCondition:
        """The condition on a score in the fields of a mapping."""
        if "category" not in fields:
            raise self.page.error(node, f"{next(iter(fields))} needs the category whose score it is about")
        if ("at" in fields) == ("severity" in fields):
            raise self.page.error(fields["category"], "a score reaches either at or severity; give one of them")
        if "source" in fields and "modality" in fields:
            raise self.page.error(fields["modality"], "give either source or modality, not both")
        return ScoreCondition(self._scorable(fields["category"]), self._threshold(fields), self._sources(fields))

    def _parts(self, node: Node, fields: dict[str, Node]) -> Iterator[Condition]:
        score = {name: value for name, value in fields.items() if name in SCORE_FIELDS}
        if score:
            self._forbid_score(next(iter(score.values())))
            yield self.score(score, node)
        for name, value in fields.items():
            if name in ("known", "bank", "list"):
                yield self._match(name, value)
            elif name in _NAMED_FIELDS:
                yield self._named(name, value)
            elif name in _COUNT_FIELDS:
                yield self._count(name, value)
            elif name == "author":
                yield from self._author(value)
            elif name == "modalities":
                found = self.page.one_or_more(value, name)
                yield Brings(frozenset(Modality(self.page.choice(e, name, tuple(Modality))) for e in found))
            elif name in ("all", "any", "not"):
                yield self._combined(name, value)

    def _combined(self, name: str, value: Node) -> Condition:
        deeper = replace(self, depth=self.depth + 1, negated=self.negated or name == "not")
        if name == "not":
            if self.negated:
                raise self.page.error(value, "not stands in no other not")
            return Not(deeper.read(value))
        parts = tuple(deeper.read(entry) for entry in self.page.entries(value, name))
        if len(parts) > MAX_CONDITIONS:
            raise self.page.error(value, f"{name} has at most {MAX_CONDITIONS} conditions")
        return AllOf(parts) if name == "all" else AnyOf(parts)

    def _match(self, name: str, value: Node) -> Condition:
        if self.negated:
            what = "a list" if name == "list" else "known content"
            raise self.page.error(value, f"not cannot stand around {what}: {_MILDER.format('another match')}")
        if name == "known":
            if value.value != "any":
                raise self.page.error(value, "known is any; one bank's content is bank: with its name")
            return KnownCondition(None)
        if name == "bank":
            return KnownCondition(self.page.name(value, name, _NAME, "the name of a bank"))
        word = self.page.word(value, name)
        if word not in self.lists:
            known = did_you_mean(word, self.lists) or f"; defined: {', '.join(self.lists) or 'none'}"
            raise self.page.error(value, f"{shown(word)} is not a list of this policy{known}")
        return ListCondition(word)

    def _named(self, name: str, value: Node) -> Condition:
        entries = list(self.page.one_or_more(value, name))
        if name == "audience":
            return OneOf("audience", tuple(self.page.choice(entry, name, tuple(Audience)) for entry in entries))
        words = tuple(self.page.name(entry, name, *_FORMS[name]) for entry in entries)
        if name == "locale":
            return LocaleIs(tuple(word.lower() for word in words))
        return OneOf(_NAMED[name], words)

    def _count(self, name: str, value: Node) -> Condition:
        if self.negated and not self.exempts:
            raise self.page.error(value, f"not cannot stand around {name}: {_MILDER.format('one more')}")
        if self.exempts and not self.negated:
            raise self.page.error(
                value, f"an exemption cannot rest on {name}, because more of it would make an action milder; use not"
            )
        return AtLeast(_COUNTED[name], self.page.whole(value, name, 1))

    def _author(self, node: Node) -> Iterator[Condition]:
        fields = self.page.fields(node, _AUTHOR)
        if not fields:
            raise self.page.error(node, f"author has at least one of {', '.join(_AUTHOR.legal)}")
        for name, value in fields.items():
            if name == "min_prior_violations":
                yield self._count(name, value)
            elif name == "max_account_age_days":
                yield AccountIsYoung(self.page.whole(value, name))
            else:
                yield AuthorIsVerified(self.page.flag(value, name))

    def _forbid_score(self, node: Node) -> None:
        if self.exempts:
            raise self.page.error(node, f"an exemption cannot rest on a score: {_MILDER.format('a higher score')}")
        if self.negated:
            raise self.page.error(node, f"not cannot stand around a score: {_MILDER.format('a higher score')}")

    def _scorable(self, node: Node) -> Category:
        if node.value == Category.SEXUAL_MINORS.value:
            raise self.page.error(node, f"{node.value} is never scored, so no rule can rest on it")
        return Category(self.page.choice(node, "category", SCORABLE))

    def _threshold(self, fields: dict[str, Node]) -> At:
        if "severity" in fields:
            level = self.page.number(fields["severity"])
            if level not in SEVERITIES:
                raise self.page.error(fields["severity"], f"severity is one of {', '.join(map(str, SEVERITIES))}")
            return SEVERITIES[int(level)]
        node = fields["at"]
        if node.value in tuple(OperatingPoint):
            return OperatingPoint(node.value)
        prob = self.page.number(node)
        if prob is None or not 0.0 < prob <= 1.0:
            guess = did_you_mean(node.value, OperatingPoint) if isinstance(node.value, str) else ""
            legal = f"at is a probability above 0 and up to 1, or one of {', '.join(OperatingPoint)}"
            raise self.page.error(node, legal + guess)
        return prob

    def _sources(self, fields: dict[str, Node]) -> frozenset[ScoreSource] | None:
        if "modality" in fields:
            return _BY_MODALITY[Modality(self.page.choice(fields["modality"], "modality", tuple(Modality)))]
        if "source" not in fields:
            return None
        found = self.page.one_or_more(fields["source"], "source")
        return frozenset(ScoreSource(self.page.choice(entry, "source", SOURCES)) for entry in found)
