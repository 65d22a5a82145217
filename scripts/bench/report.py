"""A serving report for people: the rich table of the terminal and the section of the document."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from scripts.bench.answers import TOLERANCE
from scripts.bench.machine import Machine
from scripts.bench.results import RATIOS, RAW, Row, errors, ratios, rows
from scripts.bench.scenarios import SCENARIOS, Scenario
from scripts.bench.serving import ServeReport
from scripts.bench.systems import SYSTEMS

SECTION = "weir bench serve"
TARGETS = {
    "ratio_raw_single_c64": 0.70,
    "ratio_raw_batch32": 0.90,
    "ratio_bentoml_batchable": 1.5,
    "ratio_mosec": 0.85,
}
TITLES = {RAW: "raw onnxruntime (the limit)", **{system.name: system.title for system in SYSTEMS}}
_SCENARIOS = {scenario.name: scenario for scenario in SCENARIOS}
_COLUMNS = (
    "system",
    "texts/s",
    "lowest to highest",
    "p50 ms",
    "p99 ms",
    "errors",
    "PSS MB",
    "peak RSS MB",
    "CPU ms/text",
)


def serve_tables(report: ServeReport) -> list[Table]:
    """One rich table a scenario, and one of the ratios."""
    tables = []
    for scenario, group in by_scenario(rows(report.measurements)):
        table = Table(*_COLUMNS, title=scenario.title, title_justify="left")
        for row in group:
            table.add_row(*_cells(row))
        tables.append(table)
    summary = Table("ratio", "measured", "target", title="Weir against the others", title_justify="left")
    for key, value in ratios(report.measurements).items():
        summary.add_row(key, _number(value), _number(TARGETS.get(key)))
    return [*tables, summary]


def by_scenario(found: Sequence[Row]) -> list[tuple[Scenario, list[Row]]]:
    """Rows grouped by scenario, the limit first, then the highest rate first."""
    groups = []
    for name, scenario in _SCENARIOS.items():
        group = [row for row in found if row.scenario == name]
        if group:
            groups.append((scenario, sorted(group, key=lambda row: (row.system != RAW, -row.texts_per_s))))
    return groups


def serve_section(report: ServeReport, figure: str) -> str:
    """The Markdown section: what was run, where, with which settings, and what came out.

    Args:
        report: what a run found.
        figure: path of the chart, relative to the document.

    """
    loads = by_scenario(rows(report.measurements))
    parts = [
        "## Serving, side by side",
        _method_text(report),
        machine_line(report.machine),
        _ratios_table(report),
        f"![Texts a second by system and load]({figure})",
        *[f"### {scenario.title}\n\n{_markdown_table(group)}" for scenario, group in loads],
        "### How each system runs",
        _settings_list(report),
        "### The texts and the client",
        _client_text(report),
    ]
    return "\n\n".join(parts)


def _method_text(report: ServeReport) -> str:
    n_rounds = len({one.round for one in report.measurements})
    settings = report.settings
    return (
        f"`weir bench serve`: {n_rounds} interleaved rounds, {settings.seconds:g} s a measurement after "
        f"{settings.warmup_s:g} s of warm-up, bundle {report.bundle_name} (`{report.bundle_digest[:12]}`). Servers "
        "that are not being measured are frozen, so they cost nothing. Medians over rounds; ratios are divided within "
        "each round, then the median is taken. Errors are non-2xx answers, broken connections, timeouts, dead workers, "
        f"and checked answers further than {TOLERANCE:g} from the classifier's own scores, summed over all rounds."
    )


def machine_line(machine: Machine) -> str:
    """Date, machine and versions in one paragraph."""
    packages = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return (
        f"Measured {machine.date} on {machine.n_cores} cores of {machine.cpu}, {machine.memory_gib:g} GiB, "
        f"Linux {machine.kernel}, Python {machine.python}; {packages}. Other work took "
        f"{machine.busy_before:.0%} of the cores just before the run."
    )


def _ratios_table(report: ServeReport) -> str:
    lines = ["| Weir divided by | under | ratio | target |", "| --- | --- | ---: | ---: |"]
    for key, value in ratios(report.measurements).items():
        other, scenario = RATIOS[key]
        target = f"at least {TARGETS[key]:.2f}" if key in TARGETS else ""
        lines.append(f"| {TITLES[other]} | {_SCENARIOS[scenario].title} | {_number(value)} | {target} |")
    return "\n".join([*lines, "", f"Errors of Weir over all loads: {errors(report.measurements)}."])


def _markdown_table(group: Sequence[Row]) -> str:
    lines = [f"| {' | '.join(_COLUMNS)} |", f"| --- |{' ---: |' * (len(_COLUMNS) - 1)}"]
    return "\n".join([*lines, *[f"| {' | '.join(_cells(row))} |" for row in group]])


def _cells(row: Row) -> tuple[str, ...]:
    return (
        TITLES[row.system],
        f"{row.texts_per_s:,.0f}",
        f"{row.lowest_texts_per_s:,.0f} to {row.highest_texts_per_s:,.0f}",
        f"{row.p50_ms:.1f}",
        f"{row.p99_ms:.1f}",
        str(row.errors),
        f"{row.pss_mb:.0f}",
        f"{row.peak_rss_mb:.0f}",
        f"{row.cpu_ms_per_text:.2f}",
    )


def _settings_list(report: ServeReport) -> str:
    raw = (
        f"- **{TITLES[RAW]}**: {report.settings.n_workers} processes, one session of one thread each, arrays padded "
        "and planned beforehand as the service plans them; single texts in groups as large as one worker's share of "
        "the requests in flight, 32-text requests one group each. Its latency is that of a group."
    )
    lines = [
        raw,
        *[f"- **{system.title}**: {system.note}{_knobs(system.settings)}." for system in report.settings.systems],
    ]
    return "\n".join(lines)


def _knobs(settings: Mapping[str, int]) -> str:
    return f" ({', '.join(f'{key}={value}' for key, value in settings.items())})" if settings else ""


def _client_text(report: ServeReport) -> str:
    lengths = report.lengths
    return (
        f"{lengths.n_texts} texts written for this benchmark (`scripts/bench/texts.txt`); tokens a text: mean "
        f"{lengths.mean:.0f}, 10th percentile {lengths.p10:.0f}, median {lengths.p50:.0f}, 90th {lengths.p90:.0f}, "
        f"99th {lengths.p99:.0f}, longest {lengths.longest}. Every system gets the same texts in the same order. The "
        "client runs on the same cores: keep-alive connections in one process, one request in flight each. Against a "
        f"server that does nothing it reaches {report.client.requests_per_s:,.0f} requests a second and costs "
        f"{report.client.client_us:.0f} µs of processor time a request."
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
