"""`weir monitor export`: decisions of a period as Parquet."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.monitor.console import JsonOption, SourceOption, err, user_errors
from scripts.commands.monitor.times import read_moment_us


def export(
    out: Annotated[Path, typer.Argument(help="Parquet file to write.")],
    start: Annotated[
        str | None, typer.Option("--from", help="From when on: 24h, 7d, or a time such as 2026-01-31T12:00; else all.")
    ] = None,
    end: Annotated[str, typer.Option("--to", help="Until when; likewise, or now.")] = "now",
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write what monitoring knows of the decisions of a period: features, scores and projections, no content.

    Every command of `weir monitor` reads such a file, or a folder of them, in place of the store. Files of a folder
    may not overlap in time.

    Examples:
        weir monitor export january.parquet --from 2026-01-01 --to 2026-02-01

    """
    from monitoring.errors import SourceError
    from monitoring.settings import load_settings
    from monitoring.windows.exporting import export_parquet
    from monitoring.windows.source import open_source
    from monitoring.windows.window import Period

    now_us = time.time_ns() // 1000
    with user_errors(), open_source(source or load_settings().decisions) as opened:
        there = opened.span()
        if there is None:
            raise SourceError(f"{opened.name} holds no decisions, so there is nothing to export")
        first_us = there.start_us if start is None else read_moment_us(start, "--from", now_us)
        period = Period(first_us, read_moment_us(end, "--to", now_us))
        if period.start_us >= period.end_us:
            raise SourceError("--from is not before --to, so there is nothing in between")
        with err.status("exporting"):
            n_rows = export_parquet(opened, period, out)
    if not n_rows:
        err.print("No decisions in this period: the file holds none. Check --from, --to and --source.")
    size = out.stat().st_size
    said = {"file": str(out), "decisions": n_rows, "bytes": size}
    print(json.dumps(said) if as_json else f"{n_rows:,} decisions in {out} ({size / 1e6:,.1f} MB)")
