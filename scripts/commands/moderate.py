"""`weir moderate`: decide on one text, without a server."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from models.contracts import Decision

USER_ERROR = 2
IMAGES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".avif", ".heic"})
BAR_WIDTH = 24


def moderate(
    content: Annotated[str, typer.Argument(help="A text, or - to read it from standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the Decision as JSON.")] = False,
) -> None:
    """Score a text and say what the policy would do. Nothing is recorded."""
    if content != "-" and Path(content).suffix.lower() in IMAGES:
        _fail("images cannot be scored yet: no bundle looks at images. Give a text.")
    decision = _decide(sys.stdin.read() if content == "-" else content)
    if as_json:
        sys.stdout.write(decision.model_dump_json(indent=2) + "\n")
    else:
        _print(decision, Console())


def _decide(text: str) -> "Decision":
    from models.contracts import ItemFailure
    from models.runtime.bundle import BundleError
    from service.bundles import BundlesError
    from service.policy.document import PolicyError
    from service.preview import preview
    from service.settings import SettingsError, load_settings

    try:
        outcome = preview(text, load_settings())
    except (BundlesError, BundleError, PolicyError, SettingsError) as error:
        _fail(str(error))
    if isinstance(outcome, ItemFailure):
        _fail(outcome.message)
    return outcome


def _print(decision: "Decision", console: Console) -> None:
    fired = {reason.category for reason in decision.reasons}
    table = Table("category", "probability", "", box=None, pad_edge=False)
    for score in decision.scores:
        if score.prob is None:
            table.add_row(score.category.value, "not scored", "", style="dim")
        else:
            style = "bold red" if score.category in fired else None
            table.add_row(score.category.value, f"{score.prob:.3f}", "█" * round(BAR_WIDTH * score.prob), style=style)
    console.print(f"[bold]{decision.action.value}[/bold]" + (", with a review by a person" if decision.review else ""))
    for reason in decision.reasons:
        console.print(f"  {reason.category.value} {reason.prob:.3f} >= {reason.threshold:.3f}: {reason.message}")
    console.print(table)
    makers = ", ".join(f"{bundle.name} {bundle.version}" for bundle in decision.bundles)
    console.print(f"policy {decision.policy.name} ({decision.policy.version}), scored by {makers}", style="dim")


def _fail(message: str) -> NoReturn:
    Console(stderr=True).print(f"weir moderate: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(USER_ERROR)
