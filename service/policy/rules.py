"""Rules as written: which condition, which action, and what the author of the content is told."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import yaml

from models.contracts import Action, Category
from service.policy.condition_reading import SCORABLE, SCORE_FIELDS, ConditionReader
from service.policy.conditions import AllOf, Condition, ScoreCondition, leaves
from service.policy.reading import Node, Page, Shape, line

MAX_RULES: Final = 500
_NAMES: Final = ("id", "code", "message")
_RULE: Final = Shape("a rule", (*SCORE_FIELDS, "when", "action", "review", "always", *_NAMES), ("action", "message"))
_EXEMPTION: Final = Shape("an exemption", ("exempt", "when", "action", *_NAMES), ("exempt", "when", "id"))
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._/-]{0,63}")
_LEGAL_ID: Final = "up to 64 lower-case letters, digits, dots, dashes, underscores and slashes"
ALL: Final = "all"
EXEMPT_MESSAGE: Final = "It is exempt from some of the rules."


@dataclass(frozen=True)
class Rule:
    """One rule as written: when this holds, this action.

    Attributes:
        id: unique in its policy.
        code: the reason in decisions, stable over versions of the policy.
        category: the harm it is about: its own, else that of its first score; None for neither.
        review: a person looks at it as well; always so when it holds.
        always: no exemption switches it off.
        line: where it stands in the file, from 1.
        refuses_review: it says `review: false`, whatever its action makes of that.

    """

    id: str
    code: str
    category: Category | None
    condition: Condition
    action: Action
    review: bool
    message: str
    line: int
    always: bool = False
    refuses_review: bool = False


@dataclass(frozen=True)
class Exemption:
    """Where this holds, scores of these categories count as not reached, but for rules that are `always`."""

    id: str
    code: str
    categories: frozenset[Category]
    condition: Condition
    message: str
    line: int


@dataclass(frozen=True)
class RuleReader:
    """Reads the section `rules`.

    Attributes:
        lists: names that the policy defines.

    """

    page: Page
    lists: Collection[str]

    def read(self, node: Node) -> tuple[tuple[Rule, ...], tuple[Exemption, ...]]:
        """All rules, and all exemptions.

        Raises:
            PolicyError: Likewise for every other method: it is not legal here.

        """
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self.page.error(node, "rules is not a list with at least one rule")
        if len(node.value) > MAX_RULES:
            raise self.page.error(node, f"a policy has at most {MAX_RULES} rules")
        rules: list[Rule] = []
        exemptions: list[Exemption] = []
        lines: dict[str, int] = {}
        for entry in node.value:
            found = self._exemption(entry) if _is_exemption(entry) else self._rule(entry)
            if found.id in lines:
                first = f"line {lines[found.id]} has one already"
                raise self.page.error(entry, f"every rule has an id of its own, and {first} called {found.id}")
            lines[found.id] = found.line
            if isinstance(found, Rule):
                rules.append(found)
            else:
                exemptions.append(found)
        if not rules:
            raise self.page.error(node, "rules has at least one rule that is not an exemption")
        return tuple(rules), tuple(exemptions)

    def _rule(self, node: Node) -> Rule:
        page = self.page
        fields = page.fields(node, _RULE)
        reader = ConditionReader(page, self.lists)
        parts = [*self._parts(node, fields, reader)]
        condition = parts[0] if len(parts) == 1 else AllOf(tuple(parts))
        name = self._id(node, fields)
        review = page.flag(fields["review"], "review") if "review" in fields else None
        action = Action(page.choice(fields["action"], "action", tuple(Action)))
        return Rule(
            id=name,
            code=page.name(fields["code"], "code", _ID, _LEGAL_ID) if "code" in fields else name,
            category=self._category(fields, condition),
            condition=condition,
            action=action,
            review=bool(review) or action is Action.HOLD,
            message=page.text(fields["message"], "message"),
            line=line(node),
            always=page.flag(fields["always"], "always") if "always" in fields else False,
            refuses_review=review is False,
        )

    def _parts(self, node: Node, fields: dict[str, Node], reader: ConditionReader) -> Iterator[Condition]:
        """The rule's own score, and its `when`."""
        score = {name: value for name, value in fields.items() if name in SCORE_FIELDS}
        if "when" not in fields and not {"at", "severity"} & score.keys():
            raise self.page.error(node, "a rule lacks what it rests on: category with at or severity, or when")
        if set(score) - {"category"}:
            yield reader.score(score, node)
        if "when" in fields:
            yield reader.read(fields["when"])

    def _id(self, node: Node, fields: dict[str, Node]) -> str:
        if "id" in fields:
            return self.page.name(fields["id"], "id", _ID, _LEGAL_ID)
        if "when" in fields:
            raise self.page.error(node, "a rule with when lacks id")
        point = fields["at"].value if "at" in fields else f"severity-{fields['severity'].value}"
        return f"{fields['category'].value}.{point}"

    def _category(self, fields: dict[str, Node], condition: Condition) -> Category | None:
        if "category" in fields:
            return Category(self.page.choice(fields["category"], "category", tuple(Category)))
        return next((leaf.category for leaf in leaves(condition) if isinstance(leaf, ScoreCondition)), None)

    def _exemption(self, node: Node) -> Exemption:
        page = self.page
        fields = page.fields(node, _EXEMPTION)
        if "action" in fields and fields["action"].value != Action.ALLOW:
            raise page.error(fields["action"], "the action of an exemption is allow")
        name = self._id(node, fields)
        return Exemption(
            id=name,
            code=page.name(fields["code"], "code", _ID, _LEGAL_ID) if "code" in fields else name,
            categories=self._exempted(fields["exempt"]),
            condition=ConditionReader(page, self.lists, exempts=True).read(fields["when"]),
            message=page.text(fields["message"], "message") if "message" in fields else EXEMPT_MESSAGE,
            line=line(node),
        )

    def _exempted(self, node: Node) -> frozenset[Category]:
        if node.value == ALL:
            return frozenset(SCORABLE)
        found = self.page.one_or_more(node, "exempt")
        return frozenset(Category(self.page.choice(entry, "exempt", SCORABLE, "all or")) for entry in found)


def _is_exemption(node: Node) -> bool:
    return isinstance(node, yaml.MappingNode) and any(key.value == "exempt" for key, _ in node.value)
