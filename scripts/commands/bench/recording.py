"""`weir bench records | features | kills`: the log of decisions, what it keeps, at speed and when it is killed."""

import json
from typing import Annotated

import typer
from rich.console import Console

from scripts.commands.bench.console import (
    progress,
    text_bundle,
    user_errors,
    warn_if_busy,
)
from scripts.commands.bench.options import DOCUMENT, AsJson, BundlePath, Seconds, Write


def records(
    processes: Annotated[int, typer.Option(min=1, help="That write to one file.")] = 2,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved rounds.")] = 5,
    seconds: Seconds = 2.0,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure how many decisions several processes put on one SQLite file, and how long answers wait for it."""
    from scripts.bench.document import write_section
    from scripts.bench.records import MODES, SECTION, records_section, run_records

    concurrencies = (4, 32)
    with progress("bench records", repeats * len(concurrencies) * len(MODES)) as (_, advance):
        report = run_records(processes, concurrencies, repeats, seconds, advance)
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, records_section(report))
    print(json.dumps(report.as_json(), indent=2) if as_json else records_section(report))


def kills(
    kills: Annotated[int, typer.Option(min=1, help="Kills of the whole server; half as many of one worker.")] = 100,
    bundle: BundlePath = None,
    workers: Annotated[int, typer.Option(min=1, help="Workers of the server.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the moments and texts.")] = 0,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Kill the server under load, over and over, and look for every decision that a client was told of.

    Exit code 1 when one is missing or the chain does not verify.

    Examples:
        weir bench kills --kills 10 --no-write

    """
    from scripts.bench.document import write_section
    from scripts.bench.kills import SECTION, kills_section, run_kills

    with user_errors(), progress("bench kills", kills) as (_, advance):
        report = run_kills(text_bundle(bundle), kills, workers, advance, seed)
    if write:
        write_section(DOCUMENT, SECTION, kills_section(report))
    print(json.dumps(report.as_json(), indent=2) if as_json else kills_section(report))
    if report.n_lost or not report.chain_valid:
        raise typer.Exit(1)


def features(
    bundle: BundlePath = None,
    repeats: Annotated[int, typer.Option(min=1, help="Of each measurement; the least counts.")] = 20,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure what it costs a text that records keep its features and its projected embedding (under a minute)."""
    from scripts.bench.document import write_section
    from scripts.bench.features import N_STEPS, SECTION, features_section, run_features, sheets

    with user_errors(), progress("bench features", N_STEPS) as (_, advance):
        report = run_features(text_bundle(bundle), repeats, advance)
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, features_section(report))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(*(sheet.rich() for sheet in sheets(report)), sep="\n")
