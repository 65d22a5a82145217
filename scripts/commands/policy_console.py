"""How the commands of `weir policy` print policies, doubts about them, and differences."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from service.policy.checking import Doubt
    from service.policy.compiling import Scoring
    from service.policy.differing import Change
    from service.policy.document import PolicyDocument

USER_ERROR = 2
_STYLES = {"added": "green", "removed": "red", "changed": "yellow"}


def fail(message: str) -> NoReturn:
    """One line on standard error, and out."""
    Console(stderr=True).print(f"weir policy: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(USER_ERROR)


def print_policy(document: "PolicyDocument", bundles: "Sequence[Scoring]") -> None:
    """Every rule, exemption and list of a policy."""
    from service.policy.describing import describe

    console = Console()
    console.print(Text(f"{document.name} ({document.version})", style="bold"))
    rules = Table("line", "rule", "when", "action", "review", box=None, pad_edge=False)
    for rule in document.rules:
        when = Text(describe(rule.condition, bundles) + (" (always)" if rule.always else ""))
        rules.add_row(str(rule.line), rule.id, when, rule.action.value, "yes" if rule.review else "")
    for entry in document.exemptions:
        when = Text(describe(entry.condition, bundles))
        rules.add_row(str(entry.line), entry.id, when, f"exempt: {', '.join(sorted(entry.categories))}", "")
    console.print(rules)
    for found in document.lists.values():
        console.print(Text(f"list {found.name}: {found.kind.value}, {len(found.entries):,} entries"))


def print_doubts(path: Path, doubts: "Sequence[Doubt]") -> None:
    """What is probably not meant, or that nothing is."""
    console = Console(soft_wrap=True)
    for doubt in doubts:
        console.print(Text(f"{path.name}:{doubt.line}: {doubt.message}", style="yellow"))
    if not doubts:
        console.print(Text("no warnings", style="green"))


def print_hints(path: Path, hints: "Sequence[Doubt]") -> None:
    """What depends on the database, and is no fault of the policy."""
    console = Console(soft_wrap=True)
    for hint in hints:
        console.print(Text(f"{path.name}:{hint.line}: hint: {hint.message}", style="cyan"))


def print_changes(before: "PolicyDocument", after: "PolicyDocument", changes: "Sequence[Change]") -> None:
    """What differs, a line a field."""
    console = Console(soft_wrap=True, highlight=False)
    console.print(Text(f"{before.name} ({before.version}) -> {after.name} ({after.version})", style="bold"))
    for change in changes:
        console.print(Text(f"{change.kind} {change.of} {change.id}", style=_STYLES[change.kind]))
        if change.kind == "changed":
            for field in change.fields:
                console.print(Text(f"    {field}: {_said(change.before[field])} -> {_said(change.after[field])}"))
        else:
            for field, value in (change.after or change.before).items():
                if value not in (None, "", {}, False):
                    console.print(Text(f"    {field}: {_said(value)}"))
    if not changes:
        console.print("no rule, exemption or list differs")


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number:.4g}" for name, number in value.items()) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
