"""What `weir bench drift` found: alarms on quiet days, and decisions until the alarm by shift and method."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from scipy.stats import beta

from scripts.bench.machine import Machine
from scripts.demo.shifts import BY_NAME, ShiftName

CONFIDENCE: Final = 0.95
SLICES: Final = "slices"
"""Among the methods of a quiet day: changes in slices, before any hysteresis."""
BUDGET: Final = 5_000
"""Decisions within which a shift has to be found: one day of the simulated site."""


@dataclass(frozen=True)
class QuietDay:
    """A day without a shift.

    Attributes:
        alarms: what each method that looked opened, by its name; nothing where it stayed silent. Slices are a method.
        n_undetermined: looks at which Weir could say nothing.

    """

    alarms: Mapping[str, str]
    n_undetermined: int = 0


@dataclass(frozen=True)
class ShiftedRun:
    """One run of a shift.

    Attributes:
        methods: those that looked.
        found: posts from its onset to the look that opened an alarm, by method; absent where none did within a day.
        by: what opened Weir's alarm.
        false_before: methods whose alarm opened at a look before the onset.

    """

    name: ShiftName
    seed: int
    methods: Sequence[str]
    found: Mapping[str, int]
    by: str = ""
    false_before: tuple[str, ...] = ()


@dataclass(frozen=True)
class DriftReport:
    """All of it.

    Attributes:
        quiet: days of one unchanging mixture.
        mixed: days on which the shares of the surfaces differ from day to day, as they do on real sites.
        baseline_days: of `quiet`, at which the other methods looked too.
        posts: where the posts come from.

    """

    machine: Machine
    posts: str
    n_posts: int
    is_reused: bool
    posts_a_day: int
    quiet: Sequence[QuietDay]
    mixed: Sequence[QuietDay]
    runs: Sequence[ShiftedRun]
    seconds: float

    @property
    def methods(self) -> list[str]:
        """Those that ran, Weir first."""
        return list(dict.fromkeys(name for day in self.quiet for name in day.alarms if name != SLICES))

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "false_alarms_per_day": false_alarms(self.quiet, "weir")["per_day"],
            "false_alarms": false_alarms(self.quiet, "weir"),
            "false_alarms_slices": false_alarms(self.quiet, SLICES),
            "false_alarms_mixed_days": false_alarms(self.mixed, "weir"),
            "shifts": {
                name.value: asdict_shift(name) | detection(self.runs, name, "weir") for name in shifts(self.runs)
            },
            "baselines": {
                method: {
                    "false_alarms_per_day": false_alarms(self.quiet, method)["per_day"],
                    "false_alarms": false_alarms(self.quiet, method),
                    "shifts": {name.value: detection(self.runs, name, method) for name in shifts(self.runs)},
                }
                for method in self.methods
                if method != "weir"
            },
            "undetermined_looks": sum(day.n_undetermined for day in self.quiet),
            "posts": {"origin": self.posts, "n": self.n_posts, "is_reused": self.is_reused, "a_day": self.posts_a_day},
            "machine": asdict(self.machine),
            "seconds": round(self.seconds, 1),
        }


def shifts(runs: Sequence[ShiftedRun]) -> list[ShiftName]:
    """Those that ran, in the order of their definition."""
    ran = {run.name for run in runs}
    return [name for name in ShiftName if name in ran]


def asdict_shift(name: ShiftName) -> dict[str, Any]:
    """What the shift is."""
    shift = BY_NAME[name]
    return {"title": shift.title, "share": shift.share, "what": shift.what}


def false_alarms(days: Sequence[QuietDay], method: str) -> dict[str, Any]:
    """Days with an alarm, per day and with an interval.

    Source: Clopper and Pearson (1934), two-sided 95 %.
    """
    looked = [day for day in days if method in day.alarms]
    n_alarmed = sum(bool(day.alarms[method]) for day in looked)
    if not looked:
        return {"per_day": None, "days": 0, "days_with_alarm": 0, "interval": None, "by": {}}
    rest = (1.0 - CONFIDENCE) / 2
    low = float(beta.ppf(rest, n_alarmed, len(looked) - n_alarmed + 1)) if n_alarmed else 0.0
    high = float(beta.ppf(1 - rest, n_alarmed + 1, len(looked) - n_alarmed)) if n_alarmed < len(looked) else 1.0
    return {
        "per_day": n_alarmed / len(looked),
        "days": len(looked),
        "days_with_alarm": n_alarmed,
        "interval": [round(low, 5), round(high, 5)],
        "by": dict(Counter(day.alarms[method] for day in looked if day.alarms[method])),
    }


def detection(runs: Sequence[ShiftedRun], name: ShiftName, method: str) -> dict[str, Any]:
    """Share of the runs in which the shift was found within `BUDGET` posts, and after how many."""
    mine = [run for run in runs if run.name is name and method in run.methods]
    counts = sorted(run.found[method] for run in mine if run.found.get(method, BUDGET + 1) <= BUDGET)
    summary: dict[str, Any] = {
        "detected": len(counts) / len(mine) if mine else None,
        "runs": len(mine),
        "decisions_to_alarm_p50": _quantile(counts, len(mine), 0.5),
        "decisions_to_alarm_p90": _quantile(counts, len(mine), 0.9),
        "alarmed_before_onset": sum(method in run.false_before for run in mine),
    }
    return summary | ({"by": dict(Counter(run.by for run in mine if run.by))} if method == "weir" else {})


def _quantile(counts: Sequence[int], n_runs: int, share: float) -> int | None:
    """Of all runs, those without an alarm counting as beyond any number; None where it lies there."""
    place = int(np.ceil(share * n_runs)) - 1
    return counts[place] if 0 <= place < len(counts) else None
