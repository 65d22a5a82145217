"""The policy file: read, checked, and refused with file, line and what would be legal. `docs/policies.md` explains it.

    name: default
    lists: ...                   # optional: `service.policy.lists`
    rules:
      - category: harassment
        at: precision            # an operating point of whichever bundle gave the score, or a probability
        when: {audience: minors} # optional: `service.policy.condition_reading`
        action: hold             # allow | label | blur | age-restrict | demote | hold | remove
        review: true             # optional: a person looks at it as well
        message: what the author of the content is told
      - id: partners
        exempt: [spam]           # scores of these categories count as not reached
        when: {tenant: acme}

A document's text is whole: what list files hold is written behind the policy, as further YAML documents. So a text that
was kept somewhere is read again without its files, and the version, a digest of the text, covers them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from service.policy.conditions import KnownCondition, leaves
from service.policy.lists import ListReader, WordList, file_name, sections
from service.policy.reading import Node, Page, PolicyError, Shape
from service.policy.rules import Exemption, Rule, RuleReader

__all__ = ["Exemption", "PolicyDocument", "PolicyError", "Rule", "load_policy", "parse_policy"]

VERSION_LENGTH: Final = 12
MAX_NAME_CHARS: Final = 128
_POLICY: Final = Shape("a policy", ("name", "rules", "lists"), ("name", "rules"))
_FILE: Final = Shape("a file", ("file", "text"), ("file", "text"))


@dataclass(frozen=True)
class PolicyDocument:
    """A policy as written.

    Attributes:
        version: a digest of the text, so that no two texts share one.
        rules: in the order of the file, without the exemptions.
        text: whole: with what its list files hold.

    """

    name: str
    version: str
    rules: tuple[Rule, ...]
    text: str
    exemptions: tuple[Exemption, ...] = ()
    lists: Mapping[str, WordList] = field(default_factory=dict)

    @property
    def banks(self) -> frozenset[str]:
        """Names of the banks that its conditions rest on."""
        parts: list[Rule | Exemption] = [*self.rules, *self.exemptions]
        conditions = [part.condition for part in parts]
        found = (leaf for condition in conditions for leaf in leaves(condition))
        return frozenset(leaf.bank for leaf in found if isinstance(leaf, KnownCondition) and leaf.bank is not None)


def load_policy(path: Path) -> PolicyDocument:
    """Read a policy file and the list files beside it.

    Raises:
        PolicyError: It cannot be read or breaks a rule of this language.

    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PolicyError(f"{path}: there is no such policy file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: the policy file cannot be read ({type(error).__name__})") from None
    page = Page(path.name)
    root, *behind = page.documents(text)
    for name in _missing_files(root, behind, page):
        text = f"{text.rstrip()}\n--- # of the list file {name}\n{_written(path.parent / name)}"
    return parse_policy(text, path.name)


def parse_policy(text: str, file: str) -> PolicyDocument:
    """Check the whole text of a policy; `file` is its name in error messages.

    Raises:
        PolicyError: The text breaks a rule of this language.

    """
    page = Page(file)
    root, *behind = page.documents(text)
    fields = page.fields(root, _POLICY)
    name = page.text(fields["name"], "name")
    if len(name) > MAX_NAME_CHARS:
        raise page.error(fields["name"], f"name has at most {MAX_NAME_CHARS} characters")
    lists = ListReader(page, _files(behind, page)).read(fields["lists"]) if "lists" in fields else {}
    rules, exemptions = RuleReader(page, lists).read(fields["rules"])
    digest = hashlib.sha256(text.encode()).hexdigest()
    return PolicyDocument(name, digest[:VERSION_LENGTH], rules, text, exemptions, lists)


def _files(behind: list[Node | None], page: Page) -> dict[str, str]:
    """The list files that stand behind the policy."""
    found: dict[str, str] = {}
    for node in behind:
        fields = page.fields(node, _FILE)
        name = file_name(fields["file"], page)
        if name in found:
            raise page.error(fields["file"], f"file {name} is given twice")
        found[name] = page.word(fields["text"], "the text of a list file")
    return found


def _missing_files(root: Node | None, behind: list[Node | None], page: Page) -> list[str]:
    """List files that the policy names and does not bring; mistakes are left to who reads it."""
    if not isinstance(root, yaml.MappingNode):
        return []
    lists = next((value for key, value in root.value if key.value == "lists"), None)
    if not isinstance(lists, yaml.MappingNode):
        return []
    named = [
        file_name(value, page)
        for _, section in sections(lists, page)
        if isinstance(section, yaml.MappingNode)
        for key, value in section.value
        if key.value == "file"
    ]
    brought = _files(behind, page)
    return [name for name in dict.fromkeys(named) if name not in brought]


def _written(path: Path) -> str:
    """A list file as a YAML document.

    Raises:
        PolicyError: It cannot be read.

    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path.name}: cannot be read ({type(error).__name__}); put it beside the policy") from None
    return yaml.safe_dump({"file": path.name, "text": text}, allow_unicode=True, width=120)
