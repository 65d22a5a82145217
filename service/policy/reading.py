"""Reading: a policy's YAML as nodes that know their lines, so that every mistake is shown where it stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import yaml

from service.policy.suggestions import did_you_mean, shown

MAX_CHARS: Final = 4 * 1024 * 1024
"""Of a policy with its list files."""
_STRING: Final = "tag:yaml.org,2002:str"
_BOOLEAN: Final = "tag:yaml.org,2002:bool"
_ONE: Final = len("'.'")
_QUOTED: Final = re.compile(r"""'[^']*'|"[^"]*\"""")

Node = yaml.Node


class PolicyError(ValueError):
    """The policy file cannot be used; the message says where, why, and what is legal."""


class _AliasError(Exception):
    """A node stands in for another one, which lets a short text mean a long one."""

    def __init__(self, line: int) -> None:
        self.line = line


class _Loader(yaml.SafeLoader):
    """Composes nodes without aliases."""

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """One node, if it stands for itself."""
        if self.check_event(yaml.AliasEvent):
            raise _AliasError(self.peek_event().start_mark.line + 1)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)


@dataclass(frozen=True)
class Shape:
    """What a mapping may and must hold.

    Attributes:
        what: it is called in messages, such as `a rule`.

    """

    what: str
    legal: tuple[str, ...]
    needed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """One file that is being read.

    Attributes:
        file: its name in messages.

    """

    file: str

    def documents(self, text: str) -> list[Node | None]:
        """The YAML documents of a text, at least one.

        Raises:
            PolicyError: It is not YAML, too long, or nested too deeply.

        """
        if len(text) > MAX_CHARS:
            raise PolicyError(f"{self.file}:1: a policy with its lists has at most {MAX_CHARS} characters")
        try:
            found: list[Node | None] = list(yaml.compose_all(text, Loader=_Loader))
        except _AliasError as error:
            raise PolicyError(f"{self.file}:{error.line}: a policy has no YAML aliases; write it out") from None
        except yaml.YAMLError as error:
            raise PolicyError(f"{self.file}:{_fault(error, text)}") from None
        except RecursionError:
            raise PolicyError(f"{self.file}:1: nested too deeply") from None
        return found or [None]

    def error(self, node: Node | None, message: str) -> PolicyError:
        """A mistake at this place."""
        return PolicyError(f"{self.file}:{line(node)}: {message}")

    def pairs(self, node: Node, field: str) -> Iterator[tuple[Node, Node]]:
        """Keys and values of a mapping that is not empty."""
        if not isinstance(node, yaml.MappingNode) or not node.value:
            raise self.error(node, f"{field} is a mapping with at least one entry")
        yield from node.value

    def fields(self, node: Node | None, shape: Shape) -> dict[str, Node]:
        """The fields of a mapping, each once, none unknown, none missing.

        Raises:
            PolicyError: Likewise for every other method: the node is not what it should be.

        """
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, f"{shape.what} is a mapping with the fields {', '.join(shape.legal)}")
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in shape.legal:
                guess = did_you_mean(name, shape.legal)
                raise self.error(
                    key, f"{shown(name)} is not a field of {shape.what}{guess or '; legal: ' + ', '.join(shape.legal)}"
                )
            if name in found:
                raise self.error(key, f"{name} is given twice")
            found[name] = value
        missing = [field for field in shape.needed if field not in found]
        if missing:
            raise self.error(node, f"{shape.what} lacks {', '.join(missing)}")
        return found

    def entries(self, node: Node, field: str) -> Iterator[Node]:
        """The entries of a list that is not empty."""
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self.error(node, f"{field} is not a list with at least one entry")
        yield from node.value

    def one_or_more(self, node: Node, field: str) -> Iterator[Node]:
        """The entries of a list, or the one entry that stands there without one."""
        if isinstance(node, yaml.ScalarNode):
            yield node
        else:
            yield from self.entries(node, field)

    def text(self, node: Node, field: str) -> str:
        """A text that is not blank."""
        if node.tag != _STRING or not node.value.strip():
            raise self.error(node, f"{field} is not a text")
        return str(node.value)

    def word(self, node: Node, field: str) -> str:
        """A scalar as it is written: `no` is the language, not the answer."""
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.error(node, f"{field} is not a word")
        return str(node.value)

    def name(self, node: Node, field: str, pattern: re.Pattern[str], legal: str) -> str:
        """A word of a certain form; `legal` says which."""
        word = self.word(node, field)
        if pattern.fullmatch(word) is None:
            raise self.error(node, f"{field} is {legal}")
        return word

    def choice(self, node: Node, field: str, legal: Sequence[str], known_as: str = "one of") -> str:
        """One of these words."""
        word = node.value if isinstance(node, yaml.ScalarNode) else None
        if word not in legal:
            guess = did_you_mean(word, legal) if isinstance(word, str) else ""
            raise self.error(node, f"{field} is not {known_as} {', '.join(legal)}{guess}")
        return str(word)

    def flag(self, node: Node, field: str) -> bool:
        """True or false."""
        if node.tag != _BOOLEAN:
            raise self.error(node, f"{field} is true or false")
        return bool(_value(node))

    def whole(self, node: Node, field: str, least: int = 0) -> int:
        """A whole number from `least` on."""
        value = _value(node)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 2**53:
            raise self.error(node, f"{field} is a whole number from {least} on")
        return value

    def number(self, node: Node) -> float | None:
        """A number; None for anything else."""
        value = _value(node)
        return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def line(node: Node | None) -> int:
    """Where it stands, from 1."""
    return node.start_mark.line + 1 if node else 1


def _fault(error: yaml.YAMLError, text: str) -> str:
    """The line and what is wrong there, without the words that stand there."""
    if isinstance(error, yaml.MarkedYAMLError):
        said = f": {_unquoted(error.problem)}" if error.problem else ""
        context = _unquoted(error.context) if error.context else ""
        began = f", line {error.context_mark.line + 1}" if error.context_mark else ""
        mark = error.problem_mark or error.context_mark
        return f"{mark.line + 1 if mark else 1}: not YAML{said}{f' ({context}{began})' if context else ''}"
    if isinstance(error, yaml.reader.ReaderError):
        place = text.count("\n", 0, error.position) + 1 if isinstance(error.position, int) else 1
        return f"{place}: not YAML: {error.reason}"
    return "1: not YAML"


def _unquoted(said: str) -> str:
    """Without the words that PyYAML repeats; single characters and its names of tokens ('<block end>') are none."""
    return _QUOTED.sub(lambda found: found[0] if len(found[0]) <= _ONE or found[0][1] == "<" else "something", said)


def _value(node: Node) -> object:
    """The value of a scalar; None for what is none, or has none."""
    try:
        return yaml.SafeLoader("").construct_object(node) if isinstance(node, yaml.ScalarNode) else None
    except (ValueError, yaml.YAMLError):
        return None
