"""How `weir moderate` prints a decision: action, reasons, scores with their source, and what pictures show."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from models.contracts import Box, Decision, Evidence, ImageEvidence, Reason

USER_ERROR = 2
BAR_WIDTH = 16
SOURCES = {
    "text": "text",
    "image": "picture",
    "image_text": "words in the picture",
    "joint": "picture and words together",
    "known_content": "known content",
}


def print_decision(decision: "Decision", names: Sequence[str], text: str = "") -> None:
    """Print it for a person.

    Args:
        decision: with its evidence.
        names: of the pictures, in their order.
        text: as posted, in which the evidence marks words.

    """
    console = Console()
    source = f", because of: {SOURCES[decision.decided_by]}" if decision.decided_by else ""
    review = ", with a review by a person" if decision.review else ""
    console.print(Text(decision.action.value, style="bold"), Text(f"{source}{review}"), sep="")
    for reason in decision.reasons:
        console.print(Text(f"  {_reason(reason)}"))
    console.print(_scores(decision))
    if decision.evidence is not None and decision.evidence.spans_state is not None:
        _print_spans(decision.evidence, text, console)
    for image in decision.evidence.images if decision.evidence else ():
        _print_image(image, names[image.index], console)
    makers = ", ".join(f"{bundle.name} {bundle.version}" for bundle in decision.bundles)
    console.print(Text(f"policy {decision.policy.name} ({decision.policy.version}), scored by {makers}", style="dim"))


def fail(message: str) -> NoReturn:
    """One line on standard error, and out."""
    Console(stderr=True).print(f"weir moderate: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(USER_ERROR)


def _reason(reason: "Reason") -> str:
    parts = [reason.category.value if reason.category else reason.rule]
    if reason.prob is not None and reason.threshold is not None:
        parts[0] += f" {reason.prob:.3f} >= {reason.threshold:.3f}"
    if reason.list is not None:
        parts.append(f"list {reason.list}")
    if reason.source is not None:
        parts.append(SOURCES[reason.source])
    return f"{', '.join([*parts, reason.action.value])}: {reason.message}"


def _scores(decision: "Decision") -> Table:
    fired = {reason.category for reason in decision.reasons}
    table = Table("category", "probability", "from", "", box=None, pad_edge=False)
    for score in decision.scores:
        if score.prob is None or score.source is None:
            table.add_row(score.category.value, "not applied", "", "", style="dim")
        else:
            style = "bold red" if score.category in fired else None
            bar = "█" * round(BAR_WIDTH * score.prob)
            table.add_row(score.category.value, f"{score.prob:.3f}", SOURCES[score.source], bar, style=style)
    return table


def _print_spans(evidence: "Evidence", text: str, console: Console) -> None:
    """The words that carried each score, with their weights."""
    if evidence.spans_state != "found":
        console.print(Text("the loaded text model cannot say which words carried the scores", style="dim"))
    elif not evidence.spans:
        console.print(Text("no words carried a high score", style="dim"))
    for category, spans in groupby(evidence.spans, key=lambda span: span.category):
        words = ", ".join(f"{text[span.start : span.end]} {span.weight:.2f}" for span in spans)
        console.print(Text(f"{category.value} rests on: {words}"))


def _print_image(image: "ImageEvidence", name: str, console: Console) -> None:
    frames = f", {image.n_frames} frames" if image.n_frames > 1 else ""
    title = f"{name}: {image.format}, {image.width} x {image.height}{frames}"
    console.print(Text(title, style="bold"))
    if image.text_found and not image.text_read:
        console.print(Text("  there are words in it that could not be read", style="red"))
    for line in image.text.splitlines():
        console.print(Text(f"  reads: {line}"))
    for region in image.regions:
        console.print(Text(f"  shows: {region.kind.value} {region.prob:.3f} at {_place(region.box)}"))
    if not (image.text_found or image.regions):
        console.print(Text("  no words and no places to point at", style="dim"))


def _place(box: "Box") -> str:
    """In percent of the width and the height."""
    return f"x {box.x0:.0%} to {box.x1:.0%}, y {box.y0:.0%} to {box.y1:.0%}"
