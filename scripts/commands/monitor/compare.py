"""`weir monitor compare`: a bundle that runs in shadow against the one that decides."""

import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.commands.monitor.console import CHANGED, UNDETERMINED, JsonOption, SourceOption, err, user_errors

if TYPE_CHECKING:
    from monitoring.comparison.report import Bounded, Comparison
    from monitoring.windows.window import Period


def compare(
    shadow: Annotated[
        str | None, typer.Option(help="Beginning of the new bundle's digest; else the one that ran last.")
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", help="Decisions from this moment on: ISO 8601, or an age such as 7d.")
    ] = None,
    end: Annotated[str, typer.Option("--to", help="And before this one, with --from.")] = "now",
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the bundle in shadow would have done, and by people's labels whether it is better.

    Exit codes: 0 promote, 3 keep what decides, 4 not enough to tell.

    Examples:
        weir monitor compare
        weir monitor compare --from 7d --json

    """
    from monitoring.comparison.comparing import compare as compare_bundles
    from monitoring.settings import load_settings
    from monitoring.windows.source import open_source

    with user_errors(), open_source(source or load_settings().decisions) as opened:
        found = compare_bundles(opened, shadow, _period(begin, end))
    if as_json:
        Console().print_json(found.model_dump_json())
    else:
        _print(found)
    code = {"promote": 0, "keep": CHANGED}.get(found.ruling.value, UNDETERMINED)
    raise typer.Exit(code)


def _period(begin: str | None, end: str) -> "Period | None":
    from monitoring.windows.window import Period
    from scripts.commands.monitor.times import read_moment_us

    if begin is None:
        return None
    now_us = time.time_ns() // 1000
    return Period(read_moment_us(begin, "--from", now_us), read_moment_us(end, "--to", now_us))


def _print(found: "Comparison") -> None:
    out = Console()
    changed = "-" if found.changed is None else _share(found.changed)
    out.print(
        f"{found.shadow[:12]} beside {found.n_decisions:,} decisions: {changed} of actions would have been others; "
        f"{found.n_reviews_added:,} reviews more, {found.n_reviews_removed:,} less",
        soft_wrap=True,
    )
    actions = Table("was", "would have been", "decisions")
    for one in found.actions:
        actions.add_row(one.was, one.would_be, f"{one.n_decisions:,}")
    scores = Table("category", "mean score was", "would be", "shift (95 %)")
    for shift in found.scores:
        scores.add_row(shift.category, f"{shift.mean_was:.4f}", f"{shift.mean_would_be:.4f}", _signed(shift.shift))
    quality = Table("category", "labels", "yes", "log loss was", "would be", "difference (95 %)", "p")
    for one_of in found.by_category:
        losses = (f"{one_of.log_loss_was:.3f}", f"{one_of.log_loss_would_be:.3f}", _signed(one_of.log_loss))
        quality.add_row(
            one_of.category, str(one_of.n_labels), str(one_of.n_positives), *losses, f"{one_of.p_value:.2g}"
        )
    for table in (actions, scores, quality):
        if table.row_count:
            out.print(table)
    both = found.agreement
    out.print(
        f"of {both.n_verdicts:,} verdicts, {both.n_only_old:,} agree with the old action alone, {both.n_only_new:,} "
        f"with the new one alone (p {both.p_value:.2g})"
    )
    out.print(f"[bold]{found.ruling.value.replace('_', ' ')}[/bold]")
    for reason in found.reasons:
        err.print(reason, markup=False, highlight=False, soft_wrap=True)


def _share(one: "Bounded") -> str:
    return f"{one.value:.2%} ({one.low:.2%} to {one.high:.2%})"


def _signed(one: "Bounded") -> str:
    return f"{one.value:+.4f} ({one.low:+.4f} to {one.high:+.4f})"
