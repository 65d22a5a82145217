"""Looks of `weir bench drift`: what each method says hour by hour, with the hysteresis of the shipped alarm rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from monitoring.alarms.hysteresis import Reading, follow
from monitoring.alarms.judging import judge
from monitoring.alarms.loading import load_rules
from monitoring.alarms.looks import Look, Traffic
from monitoring.alarms.rules import DriftRule, FailuresRule, Rules, SilenceRule
from monitoring.drift.detector import Detector, DetectorSettings
from monitoring.drift.verdicts import DriftVerdict, Status
from monitoring.reference.reference import Reference
from monitoring.windows.window import HOUR_US, Window
from scripts.bench.drift_baselines import DRIFT_SHARE, EvidentlyDefaults, KolmogorovSmirnov
from scripts.bench.drift_results import SLICES

WEIR: Final = "weir"
SILENT: Final = ""
"""What a method says that has nothing to say."""


class Watcher(Protocol):
    """A method at work over one stream."""

    @property
    def name(self) -> str:
        """In the results."""
        ...

    def look(self, windows: Sequence[Window]) -> str:
        """Look once, after earlier looks; what opens an alarm now, or nothing."""
        ...


@dataclass
class WeirWatcher:
    """The detector and the shipped rules, as `weir monitor run` applies them to all traffic.

    Attributes:
        n_undetermined: looks at which nothing could be said.

    """

    reference: Reference
    rules: Rules
    detector: Detector = field(default_factory=lambda: Detector(DetectorSettings()))
    name: str = WEIR
    n_undetermined: int = 0
    _readings: dict[str, list[Reading]] = field(default_factory=dict)
    _n_looks: int = 0

    def look(self, windows: Sequence[Window]) -> str:
        """Names of the rules that open an alarm at this look."""
        verdict = self.detector.check(self.reference, windows)
        self.n_undetermined += verdict.status is Status.UNDETERMINED
        found = {finding.key: finding.reading for finding in judge(self.rules, _look(verdict, windows))}
        for key in found.keys() | self._readings.keys():
            past = self._readings.setdefault(key, [Reading.UNKNOWN] * self._n_looks)
            past.append(found.get(key, Reading.UNKNOWN))
        self._n_looks += 1
        return ", ".join(sorted(key for key in found if self._opens(key)))

    def _opens(self, key: str) -> bool:
        rule = next(rule for rule in self.rules.rules if rule.name == key.partition("/")[0])
        states = follow(self._readings[key], rule.hysteresis)
        return states[-1] and not (len(states) > 1 and states[-2])


@dataclass
class SlicesWatcher:
    """Checks of slices by tenant, surface and language, by the detector that checks all of the traffic.

    Every change that is real counts, though the shipped rules open an alarm only when it lasts.
    """

    reference: Reference
    detector: Detector
    name: str = SLICES

    def look(self, windows: Sequence[Window]) -> str:
        """The changes."""
        verdicts = self.detector.check_slices(self.reference, windows)
        return ", ".join(sorted({f"{each.slice}: {each.title}" for one in verdicts for each in one.real}))


def _look(verdict: DriftVerdict, windows: Sequence[Window]) -> Look:
    traffic = [
        Traffic(
            (window.period.end_us - window.period.start_us) / HOUR_US, window.n_decisions, dict(window.totals.failures)
        )
        for window in windows
    ]
    return Look(windows[-1].period.end_us, (verdict,), traffic, reference_at=verdict.start)


def drift_rules() -> Rules:
    """The shipped rules that speak of traffic as a whole; those about labels and the monitor need a deployment."""
    rules = load_rules()
    kept = [
        rule
        for rule in rules.rules
        if isinstance(rule, FailuresRule | SilenceRule) or (isinstance(rule, DriftRule) and rule.slices == "all")
    ]
    return rules.model_copy(update={"rules": tuple(kept)})


@dataclass(frozen=True)
class PlainWatcher:
    """A method without memory and without hysteresis."""

    name: str
    is_alarming: Callable[[Sequence[Window]], bool]

    def look(self, windows: Sequence[Window]) -> str:
        """The name, when it says yes."""
        return self.name if self.is_alarming(windows) else SILENT


def baselines(reference: Window) -> list[PlainWatcher]:
    """Evidently's defaults over the last 24 hours, read in two ways, and the KS test over the same windows as Weir."""
    evidently, ks = EvidentlyDefaults(reference), KolmogorovSmirnov(reference)
    return [
        PlainWatcher("ks_bonferroni", ks.is_alarming),
        PlainWatcher("evidently_any_column", lambda windows: evidently.drifted_share(windows[-1]) > 0),
        PlainWatcher("evidently_dataset", lambda windows: evidently.drifted_share(windows[-1]) >= DRIFT_SHARE),
    ]
