"""`weir bench monitor`: what watching costs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.bench.console import fail, progress, text_bundle, user_errors, warn_if_busy
from scripts.commands.bench.options import DOCUMENT, AsJson, BundlePath, Write


def monitor(
    *,
    decisions: Annotated[
        list[int] | None, typer.Option(min=1_000, help="Of the day that is reported over; may be given again.")
    ] = None,
    large: Annotated[bool, typer.Option("--large", help="A day of ten million decisions, too: 7 GB of disk.")] = False,
    serving: Annotated[
        bool, typer.Option("--serving", help="Instead: what a report in progress costs a server beside it.")
    ] = False,
    rounds: Annotated[int, typer.Option(min=2, help="With --serving: windows of each kind.")] = 15,
    seconds: Annotated[float, typer.Option(min=0.5, help="With --serving: of each window.")] = 4.0,
    workers: Annotated[int, typer.Option(min=1, help="With --serving: of the server.")] = 1,
    bundle: BundlePath = None,
    folder: Annotated[Path, typer.Option(help="For the stores; they are removed afterwards.")] = Path("build"),
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure time and memory of a report over a day of decisions, or what one costs the server beside it.

    Examples:
        weir bench monitor --large

        weir bench monitor --serving --no-write

    """
    from scripts.bench.document import write_section
    from scripts.bench.monitor import LARGEST, USUAL, MonitorBenchError, run_monitor
    from scripts.bench.monitor_report import SECTION, SERVING_SECTION, monitor_section, serving_section
    from scripts.bench.monitor_serving import run_serving

    sizes = decisions or [USUAL, *([LARGEST] if large else [])]
    n_steps = 2 + 2 * rounds if serving else 2 * len(sizes)
    try:
        with user_errors(), progress("bench monitor", n_steps) as (_, advance):
            if serving:
                cost = run_serving(text_bundle(bundle), workers, sizes[0], rounds, seconds, folder, advance)
                found, section, name = cost.as_json(), serving_section(cost), SERVING_SECTION
                warn_if_busy(cost.machine.busy_before)
            else:
                report = run_monitor(sizes, folder, advance)
                found, section, name = report.as_json(), monitor_section(report), SECTION
                warn_if_busy(report.machine.busy_before)
    except MonitorBenchError as error:
        fail(str(error))
    if write:
        write_section(DOCUMENT, name, section)
    print(json.dumps(found, indent=2) if as_json else section)
