"""The cache's worth for people: the table of the terminal, and the section of the document."""

from typing import Final

from scripts.bench.caching import DEMANDED, LOADS, REPEATED, CacheReport
from scripts.bench.matching_report import Sheet
from scripts.bench.report import machine_line

SECTION: Final = "weir bench cache"
_COLUMNS: Final = (
    "load",
    "texts/s without",
    "with",
    "with / without",
    "95 % interval",
    "p50 ms",
    "p99 ms",
    "CPU ms/text",
)


def cache_sheet(report: CacheReport) -> Sheet:
    """One row a load."""
    titles = {load.name: load.title for load in LOADS}
    rows = tuple(
        (
            titles[one.load],
            f"{one.without:,.0f}",
            f"{one.with_cache:,.0f}",
            f"{one.ratio:.2f}",
            f"{one.low:.2f} to {one.high:.2f}",
            _change(one.p50_ms),
            _change(one.p99_ms),
            _change(one.cpu_ms),
        )
        for one in report.compared()
    )
    return Sheet(f"Half of the texts repeated (hit rate {report.hit_rate:.0%})", _COLUMNS, rows)


def cache_section(report: CacheReport) -> str:
    """The Markdown section: what was run, where, and what came out."""
    found = report.as_json()
    settings = report.settings
    method = (
        f"`weir bench cache`: `weir serve` with `WEIR_CACHE_ENTRIES=0` and as shipped, {settings.n_workers} worker "
        f"each; {settings.repeats} interleaved rounds of {settings.seconds:g} s (longer by "
        f"{LOADS[-1].stretch - 1:.0%} for lists), who begins alternates, and the server that is not being measured is "
        f"frozen. Both get the same requests, new in every round: {REPEATED:.0%} of the texts were sent before in the "
        "round, drawn evenly, the others are corpus texts with a serial number. Every text is decided, recorded "
        f"and answered either way. {report.hit_rate:.0%} of the cached server's texts needed no model. Ratios are of "
        f"medians over rounds, their intervals bootstrapped over rounds. Demanded: at least {DEMANDED:g}."
    )
    verdicts = [
        f"{one.load}: {one.ratio:.2f}, {'reached' if one.ratio >= DEMANDED else '**not reached**'}."
        for one in report.compared()
    ]
    checked = (
        f"{found['checked']} answers that both gave were compared in all they say of the content, "
        f"scores up to their last decimal: "
        f"{found['wrong']} differ. Errors of both: {found['errors']}."
    )
    parts = ["## Cache, half of the traffic repeated", method, machine_line(report.machine)]
    return "\n\n".join([*parts, cache_sheet(report).markdown(), " ".join(verdicts), checked])


def _change(values: tuple[float, float]) -> str:
    return f"{values[0]:.2f} to {values[1]:.2f}"
