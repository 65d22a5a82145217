"""`weir bench policy | replay`: judging an item, and judging a million of them again."""

import json
from typing import Annotated

import typer
from rich.console import Console

from scripts.commands.bench.console import (
    found_bundles,
    progress,
    user_errors,
    warn_if_busy,
)
from scripts.commands.bench.options import DOCUMENT, AsJson, BundlesPath, Write


def policy(
    bundles: BundlesPath = None,
    repeats: Annotated[int, typer.Option(min=100, help="Items a measurement.")] = 5_000,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure what the shipped policies cost an item, and what lists cost on the worst texts (under a minute)."""
    from scripts.bench.document import write_section
    from scripts.bench.policy import N_STEPS, SECTION, policy_section, policy_sheets, run_policy

    found_bundles(bundles)
    with user_errors(), progress("bench policy", N_STEPS) as (_, advance):
        report = run_policy(bundles or DOCUMENT.parents[1] / "models" / "bundles", repeats, advance)
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, policy_section(report))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(*(sheet.rich() for sheet in policy_sheets(report)), sep="\n")


def replay(
    bundles: BundlesPath = None,
    decisions: Annotated[int, typer.Option(min=1_000, help="In the store that is made for this.")] = 1_000_000,
    processes: Annotated[int, typer.Option(min=1, help="Of each replay.")] = 2,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure a replay of a million recorded decisions (about three minutes and 1 GiB of temporary files)."""
    from rich.progress import Progress

    from scripts.bench.document import write_section
    from scripts.bench.replay import SECTION, replay_section, replay_sheet, run_bench
    from service.settings import load_settings

    folder = found_bundles(bundles).text.parent
    with user_errors(), Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("")
        report = run_bench(
            folder,
            load_settings().policy,
            decisions,
            processes,
            lambda what, total: bar.reset(task, description=what, total=total),
            lambda n: bar.advance(task, n),
        )
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, replay_section(report))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(replay_sheet(report).rich())
