"""The sections of `weir bench monitor` in the document."""

from typing import Final

from scripts.bench.monitor import MonitorReport
from scripts.bench.monitor_serving import LARGEST_LOSS, ServingReport
from scripts.bench.report import machine_line

SECTION: Final = "weir bench monitor"
SERVING_SECTION: Final = "weir bench monitor --serving"


def monitor_section(report: MonitorReport) -> str:
    """What reports cost."""
    lines = [
        f"| {cost.n_decisions:,} | {report.store_bytes[cost.n_decisions] / 1e9:.2f} GB | {cost.seconds:,.1f} | "
        f"{cost.cpu_s:,.1f} | {cost.peak_rss_mb:,.0f} | {cost.status} |"
        for cost in report.costs
    ]
    method = (
        "`weir bench monitor`: `weir monitor report` over one day of a synthetic store, each in a process of its own: "
        "it reads windows of 1, 6 and 24 hours in one pass, checks them and their slices against a reference of 20,000 "
        "decisions, measures safety and writes the page. Seconds are on the clock, beside "
        "whatever else ran; processor seconds are what it took of one core."
    )
    head = "| decisions | store | seconds | processor s | peak RSS MiB | verdict |"
    table = "\n".join([head, "| ---: | ---: | ---: | ---: | ---: | --- |", *lines])
    return "\n\n".join(["## A report over a day", method, machine_line(report.machine), table])


def serving_section(report: ServingReport) -> str:
    """What a report costs a server."""
    method = (
        f"`weir bench monitor --serving`: {len(report.windows) // 2} rounds, in each a window of {report.seconds:g} s "
        f"with reports in progress and one without, in turns. One text a request, 64 at a time, {report.n_workers} "
        f"worker(s); reports over {report.n_stored:,} decisions of the store that the server writes to. While one was "
        f"in progress, it got {report.report_cores:.2f} of a core. The goal is a loss below {LARGEST_LOSS:.0%}."
    )
    table = "\n".join(
        [
            "| | requests/s | ratio | 95 % interval |",
            "| --- | ---: | ---: | --- |",
            f"| no report | {report.without_per_s:,.0f} | 1 | |",
            f"| in progress | {report.with_per_s:,.0f} | {report.ratio:.3f} | {report.low:.3f} to {report.high:.3f} |",
        ]
    )
    return "\n\n".join(["## A report beside a server", method, machine_line(report.machine), table])
