"""The policy file: read, checked, and refused with file, line and what would be legal.

name: default
rules:
  - category: harassment
    at: precision            # an operating point of the model bundle, or a probability
    action: demote           # allow | label | blur | demote | remove
    review: true             # optional: a person looks at it as well
    message: what the author of the content is told
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from models.contracts import CATEGORIES, DEFINITIONS, Action, Category, OperatingPoint

VERSION_LENGTH: Final = 12
_DOCUMENT_FIELDS: Final = ("name", "rules")
_RULE_FIELDS: Final = ("category", "at", "action", "review", "message")
_SCORABLE: Final = tuple(category for category in CATEGORIES if DEFINITIONS[category].scorable)
_NEVER_SCORED: Final = frozenset(CATEGORIES) - frozenset(_SCORABLE)
_OPTIONAL: Final = frozenset({"review"})


class PolicyError(ValueError):
    """The policy file cannot be used; the message says where, why, and what is legal."""


@dataclass(frozen=True)
class Rule:
    """One rule as written: from this threshold on, this action.

    Attributes:
        at: a probability, or the name of one of the bundle's operating points.
        line: where it stands in the file, from 1.

    """

    category: Category
    at: float | OperatingPoint
    action: Action
    review: bool
    message: str
    line: int


@dataclass(frozen=True)
class PolicyDocument:
    """A policy as written. `version` is a digest of the text, so that no two texts share one."""

    name: str
    version: str
    rules: tuple[Rule, ...]
    text: str


def load_policy(path: Path) -> PolicyDocument:
    """Read a policy file.

    Raises:
        PolicyError: It cannot be read or breaks a rule of this module.

    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"{path}: cannot be read ({type(error).__name__}); set WEIR_POLICY to a policy file"
        ) from None
    return parse_policy(text, path.name)


def parse_policy(text: str, file: str) -> PolicyDocument:
    """Check the text of a policy; `file` is its name in error messages.

    Raises:
        PolicyError: The text breaks a rule of this module.

    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise PolicyError(f"{file}:{mark.line + 1 if mark else 1}: not YAML") from None
    fields = _fields(root, file, _DOCUMENT_FIELDS, "a policy")
    name = _text(fields["name"], file, "name")
    rules = fields["rules"]
    if not isinstance(rules, yaml.SequenceNode) or not rules.value:
        raise _error(rules, file, "rules is not a list with at least one rule")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return PolicyDocument(name, digest[:VERSION_LENGTH], tuple(_rule(node, file) for node in rules.value), text)


def _rule(node: yaml.Node, file: str) -> Rule:
    fields = _fields(node, file, _RULE_FIELDS, "a rule")
    if str(fields["category"].value) in _NEVER_SCORED:
        raise _error(fields["category"], file, f"{fields['category'].value} is never scored, so no rule can rest on it")
    return Rule(
        category=Category(_choice(fields["category"], file, "category", _SCORABLE)),
        at=_threshold(fields["at"], file),
        action=Action(_choice(fields["action"], file, "action", tuple(Action))),
        review=_flag(fields["review"], file) if "review" in fields else False,
        message=_text(fields["message"], file, "message"),
        line=node.start_mark.line + 1,
    )


def _fields(node: yaml.Node | None, file: str, legal: tuple[str, ...], what: str) -> dict[str, yaml.Node]:
    """The fields of a mapping, each once, none unknown, none missing."""
    if not isinstance(node, yaml.MappingNode):
        raise _error(node, file, f"{what} is a mapping with the fields {', '.join(legal)}")
    fields: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.value not in legal:
            raise _error(key, file, f"{key.value!r} is not a field of {what}; legal: {', '.join(legal)}")
        if key.value in fields:
            raise _error(key, file, f"{key.value} is given twice")
        fields[key.value] = value
    missing = [field for field in legal if field not in fields and field not in _OPTIONAL]
    if missing:
        raise _error(node, file, f"{what} lacks {', '.join(missing)}")
    return fields


def _threshold(node: yaml.Node, file: str) -> float | OperatingPoint:
    points = ", ".join(OperatingPoint)
    legal = f"at is a probability above 0 and up to 1, or one of {points}"
    value = yaml.SafeLoader("").construct_object(node) if isinstance(node, yaml.ScalarNode) else None
    if isinstance(value, str) and value in tuple(OperatingPoint):
        return OperatingPoint(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value <= 1.0:
        raise _error(node, file, legal)
    return float(value)


def _choice(node: yaml.Node, file: str, field: str, legal: tuple[str, ...]) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.value not in legal:
        raise _error(node, file, f"{field} is not one of {', '.join(legal)}")
    return str(node.value)


def _flag(node: yaml.Node, file: str) -> bool:
    if node.tag != "tag:yaml.org,2002:bool":
        raise _error(node, file, "review is true or false")
    return bool(yaml.SafeLoader("").construct_object(node))


def _text(node: yaml.Node, file: str, field: str) -> str:
    if node.tag != "tag:yaml.org,2002:str" or not node.value.strip():
        raise _error(node, file, f"{field} is not a text")
    return str(node.value)


def _error(node: yaml.Node | None, file: str, message: str) -> PolicyError:
    return PolicyError(f"{file}:{node.start_mark.line + 1 if node else 1}: {message}")
