"""The bench with the real detector and rules on a small site: a shift is found, and a quiet day is quiet."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

from models.contracts import BundleReference
from monitoring.windows.deciders import Decider
from monitoring.windows.raw import RawValue
from monitoring.windows.records import window_from_records
from scripts.bench.drift import DriftSettings, Site, Task, quiet_days, shifted_run
from scripts.bench.drift_days import Pool
from scripts.bench.drift_report import drift_section
from scripts.bench.drift_results import DriftReport, QuietDay, ShiftedRun
from scripts.bench.machine import describe_machine
from scripts.cli import app
from scripts.demo.posts import Posts
from scripts.demo.shifts import ShiftName

DIGEST = "a" * 64
DECIDER = Decider("d", bundles=(BundleReference(name="text-minilm", version="0.1.1", digest=DIGEST),))
SHIFT = ShiftName.OBFUSCATION


def make_pool(n_posts: int, seed: int, disguised_share: float) -> Pool:
    rng = np.random.default_rng(seed)
    records: list[Mapping[str, RawValue]] = [
        {
            "decision_id": f"{row:06d}",
            "decided_at_us": row,
            "tenant": "demo",
            "surface": "feed",
            "modalities": "text",
            "content_digest": f"{seed}-{row}",
            "n_chars": int(rng.integers(5, 300)),
            "language": "en",
            "disguised_share": disguised_share,
            "action": "allow",
            "scores": orjson.dumps({"toxicity": float(rng.beta(0.5, 5))}).decode(),
            "decider_id": "d",
            "latency_ms": float(rng.lognormal()),
            "cached": False,
            "text_vector": rng.integers(-40, 40, 32).astype(np.int8).tobytes(),
        }
        for row in range(n_posts)
    ]
    window = window_from_records(records, deciders={"d": DECIDER})
    return Pool(window, np.arange(n_posts), np.zeros(n_posts, np.bool_))


@pytest.fixture(scope="module")
def site() -> Site:
    settings = DriftSettings(Path(), Path(), Path(), posts_a_day=1_000, processes=1)
    pool = make_pool(8_000, 0, 0.0)
    return Site(settings, Posts((), (), (), "made for a test"), pool, {SHIFT: [make_pool(1_000, 1, 0.8)]})


@pytest.fixture(scope="module")
def run(site: Site) -> ShiftedRun:
    return shifted_run(site, Task(0, shift=SHIFT), SHIFT)


@pytest.fixture(scope="module")
def quiet(site: Site) -> list[QuietDay]:
    return quiet_days(site, Task(0, n_days=1, with_slices=True))


def test_a_shift_is_found_and_named(run: ShiftedRun) -> None:
    assert run.found["weir"] < 1_000
    assert "content-drift" in run.by
    assert run.false_before == ()


def test_a_quiet_day_is_quiet(quiet: list[QuietDay]) -> None:
    (day,) = quiet
    assert day.alarms == {"weir": "", "slices": ""}
    assert day.n_undetermined == 0


def test_the_same_task_gives_the_same_run(site: Site, run: ShiftedRun) -> None:
    assert shifted_run(site, Task(0, shift=SHIFT), SHIFT) == run


def test_the_report_says_by_shift_how_many_decisions_it_took(run: ShiftedRun, quiet: list[QuietDay]) -> None:
    machine = replace(describe_machine(), busy_before=0.0)
    report = DriftReport(machine, "posts", 8_000, False, 1_000, quiet, [], [run], 1.0)
    told = report.as_json()
    assert told["false_alarms_per_day"] == 0.0
    assert told["false_alarms_slices"]["days_with_alarm"] == 0
    assert told["shifts"]["obfuscation"]["detected"] == 1.0
    assert told["shifts"]["obfuscation"]["decisions_to_alarm_p50"] == run.found["weir"]
    assert f"| an obfuscation wave | {run.found['weir']} / {run.found['weir']}, 100% |" in drift_section(report)


@pytest.mark.parametrize("command", [["bench", "drift", "--shifts", "nope"], ["demo", "traffic", "--shift", "nope"]])
def test_an_unknown_shift_is_told_with_those_there_are(command: list[str]) -> None:
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "spam_flood" in result.output
