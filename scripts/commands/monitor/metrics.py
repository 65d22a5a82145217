"""`weir monitor metrics`: safety metrics and quality by labels, with intervals, or with the reason why not."""

import json
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands.monitor.console import CLEAR, UNDETERMINED, JsonOption, SourceOption, err, user_errors

if TYPE_CHECKING:
    from monitoring.quality.report import QualityReport
    from monitoring.safety.metric import Metric
    from monitoring.safety.report import SafetyReport
    from monitoring.windows.window import Period


def metrics(
    period: Annotated[str, typer.Option("--period", help="How long: 24h, 7d, 4w.")] = "7d",
    until: Annotated[
        str, typer.Option("--to", help="Until when: now, an age such as 2h, or a time such as 2026-01-31T12:00.")
    ] = "now",
    tenant: Annotated[str | None, typer.Option("--tenant", help="Only this tenant.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what cannot be measured by category.")] = False,
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how much harm there is, how much is found first, how often that is wrong, and how right the scores are.

    docs/metrics.md defines every one and names its source. What cannot be measured says why, and what to do. Exit code
    4 when nothing at all could be measured, or there are no decisions.

    Examples:
        weir monitor metrics
        weir monitor metrics --period 4w --tenant shop --json

    """
    from scripts.commands.monitor.times import read_moment_us, read_span_us

    now_us = time.time_ns() // 1000
    with user_errors(), err.status("measuring"):
        from monitoring.windows.window import Period

        end_us = read_moment_us(until, "--to", now_us)
        chosen = Period(end_us - read_span_us(period, "--period"), end_us)
        safety, quality = _measured(source, chosen, max(end_us, now_us), tenant)
    if as_json:
        found = {"safety": safety.model_dump(mode="json"), "quality": quality.model_dump(mode="json")}
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        _print(safety, quality, everything=everything)
    is_seen = bool(safety.n_decisions) and bool(safety.values or quality.values)
    raise typer.Exit(CLEAR if is_seen else UNDETERMINED)


def _measured(
    where: str | None, period: "Period", as_of_us: int, tenant: str | None
) -> "tuple[SafetyReport, QualityReport]":
    from monitoring.quality.reviewed import quality_of
    from monitoring.safety.measuring import measure_safety
    from monitoring.settings import load_settings
    from monitoring.windows.source import open_source

    with open_source(where or load_settings().decisions) as opened:
        safety = measure_safety(opened, period, now_us=as_of_us, tenant=tenant)
        return safety, quality_of(opened, period, as_of_us=as_of_us, tenant=tenant)


def _print(safety: "SafetyReport", quality: "QualityReport", *, everything: bool) -> None:
    from scripts.commands.listing import print_listing

    typer.echo(
        f"{safety.n_decisions:,} decisions from {safety.start:%Y-%m-%d %H:%M} to {safety.end:%Y-%m-%d %H:%M} UTC, "
        f"{quality.n_labels:,} labels of {quality.n_decisions:,} of them"
    )
    shown = [one for one in (*safety.metrics, *quality.metrics) if everything or _says_something(one)]
    rows = [
        (one.key, _value(one), _interval(one), f"{one.n:,}", one.basis.value, one.note)
        for one in shown
        if not one.reason
    ]
    if rows:
        print_listing(("metric", "value", "95 % interval", "n", "basis", "note"), rows)
    for reason, keys in _reasons(shown):
        typer.echo(f"not measured: {', '.join(keys)}: {reason}")
    for note in (*safety.notes, *quality.notes):
        typer.echo(note)


def _says_something(metric: "Metric") -> bool:
    """Categories of which nothing is known, or nothing was found and nothing is uncertain, only fill the screen."""
    return metric.category is None or bool(metric.value)


def _reasons(metrics: "Iterable[Metric]") -> list[tuple[str, list[str]]]:
    """What is missing for the same reason, together."""
    found: dict[str, list[str]] = {}
    for metric in metrics:
        if metric.reason:
            found.setdefault(metric.reason, []).append(metric.key)
    return list(found.items())


def _value(metric: "Metric") -> str:
    return _shown(metric, metric.value)


def _interval(metric: "Metric") -> str:
    if metric.low is None and metric.high is None:
        return "exact" if metric.basis.value == "counted" else ""
    return f"{_shown(metric, metric.low)} to {_shown(metric, metric.high)}"


def _shown(metric: "Metric", value: float | None) -> str:
    from monitoring.safety.catalogue import Unit

    if value is None:
        return "?"
    match metric.unit:
        case Unit.SHARE:
            return f"{100 * value:.3g} %"
        case Unit.SECONDS:
            return f"{value:.3g} s" if value < 600 else f"{value / 3600:.3g} h"  # noqa: PLR2004 - ten minutes
        case Unit.COUNT:
            return f"{value:,.0f}"
        case _:
            return f"{value:.3f}"
