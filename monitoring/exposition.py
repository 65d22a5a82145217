"""Exposition: what the last look found, for Prometheus, as a file that node_exporter's textfile collector serves.

A file and not a server, so that a look run by cron is seen as well as one of a scheduler, and an alert can tell that
nobody has looked for a while.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from monitoring.drift.verdicts import DriftVerdict, Status

FILE: Final = "metrics.prom"


def write_metrics(folder: Path, verdict: DriftVerdict, ran_at_us: int, open_alarms: Mapping[str, int]) -> Path:
    """Replace the file in one step, so that a scrape never sees half of it.

    Args:
        folder: the monitor's home; give node_exporter the same as `--collector.textfile.directory`.
        verdict: of the look over all traffic.
        ran_at_us: when it was made, microseconds since 1970.
        open_alarms: how many are open, by severity; a severity without any is 0, so that its series does not end.

    Returns:
        The file.

    """
    path = folder / FILE
    waiting = path.with_suffix(f".{os.getpid()}")
    waiting.write_bytes(_page(verdict, ran_at_us, open_alarms))
    waiting.chmod(0o644)
    waiting.replace(path)
    return path


def _page(verdict: DriftVerdict, ran_at_us: int, open_alarms: Mapping[str, int]) -> bytes:
    registry = CollectorRegistry()
    bundle = verdict.bundle or "unknown"
    _gauge(registry, "last_run_timestamp_seconds", "When the traffic was last looked at.").set(ran_at_us / 1e6)
    status = _gauge(registry, "status", "1 for what the last look says, 0 for the others.", "status")
    for one in Status:
        status.labels(one.value).set(one is verdict.status)
    _gauge(registry, "decisions", "Decisions of the last look.", "bundle").labels(bundle).set(verdict.n_decisions)
    if verdict.n_tests:
        share = _gauge(registry, "drift_share", "Share of what was tested that changed.", "bundle")
        share.labels(bundle).set(len(verdict.real) / verdict.n_tests)
    alarms = _gauge(registry, "open_alarms", "Open alarms, acknowledged ones included.", "severity")
    for severity, n_alarms in sorted(open_alarms.items()):
        alarms.labels(severity).set(n_alarms)
    return generate_latest(registry)


def _gauge(registry: CollectorRegistry, name: str, about: str, *labels: str) -> Gauge:
    return Gauge(f"weir_monitor_{name}", about, labels, registry=registry)
