"""`weir bench paired | cache`: two servers in one interleaved run, of which one has a change or a setting more."""

import json
from typing import Annotated

import typer
from rich.console import Console

from scripts.commands.bench.console import (
    folders,
    found_bundles,
    progress,
    user_errors,
    warn_if_busy,
)
from scripts.commands.bench.options import DOCUMENT, AsJson, BundlesPath, Write


def paired(
    before: Annotated[str, typer.Option(help="Git revision to compare this checkout with.")],
    bundles: BundlesPath = None,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved rounds; 7 or more for an interval.")] = 21,
    seconds: Annotated[float, typer.Option(min=0.2, help="Measured window of each measurement.")] = 2.0,
    workers: Annotated[int, typer.Option(min=1, help="Workers of each server; more make single rounds vary.")] = 1,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure the plain text path of a revision and of this checkout in one interleaved run (about five minutes).

    Examples:
        weir bench paired --before v0.1.0

    """
    from scripts.bench.document import write_section
    from scripts.bench.paired import LOADS, PairedSettings, run_paired
    from scripts.bench.paired_report import SECTION, paired_section, paired_sheet

    found = found_bundles(bundles)
    settings = PairedSettings(
        revision=before, bundles=folders(found), text_bundle=found.text, repeats=repeats, seconds=seconds,
        n_workers=workers,
    )  # fmt: skip
    with user_errors(), progress("bench paired", repeats * len(LOADS) * 2) as (announce, advance):
        report = run_paired(settings, announce, advance)
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, paired_section(report))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(paired_sheet(report).rich())


def cache(
    bundles: BundlesPath = None,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved rounds; 7 or more for an interval.")] = 9,
    seconds: Annotated[float, typer.Option(min=0.2, help="Measured window of each measurement.")] = 3.0,
    workers: Annotated[int, typer.Option(min=1, help="Workers of each server; each has a memory of its own.")] = 1,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure what the cache is worth when half of the texts are repeated (about three minutes).

    Examples:
        weir bench cache
        weir bench cache --repeats 3 --seconds 1 --no-write

    """
    from scripts.bench.caching import LOADS, CacheSettings, run_cache
    from scripts.bench.caching_report import SECTION, cache_section, cache_sheet
    from scripts.bench.document import write_section

    settings = CacheSettings(folders(found_bundles(bundles)), repeats, seconds, workers)
    with user_errors(), progress("bench cache", repeats * len(LOADS) * 2) as (announce, advance):
        report = run_cache(settings, announce, advance)
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, cache_section(report))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(cache_sheet(report).rich())
