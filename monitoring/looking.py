"""Looking: one look at the traffic, from the decisions to what drift, safety and quality say of them.

What a look needs is imported when it looks, so that whoever only asks for alarms does not wait for pandas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from monitoring.alarms.looks import Measure, Traffic
from monitoring.drift.verdicts import DriftVerdict, Status
from monitoring.errors import MonitoringError, ReferenceWindowError
from monitoring.state.runs import NOT_SEEN

if TYPE_CHECKING:
    from pandas import DataFrame

    from models.contracts import BundleReference
    from monitoring.drift.detector import Detector
    from monitoring.home import Home
    from monitoring.quality.report import QualityReport
    from monitoring.reference.reference import Reference
    from monitoring.safety.report import SafetyReport
    from monitoring.settings import MonitorSettings
    from monitoring.windows.deciders import Deciders
    from monitoring.windows.source import Source
    from monitoring.windows.window import Period, Window

HORIZONS_H: Final = (1.0, 6.0, 24.0)
"""Hours of the windows that end now: the short one finds what is strong early, the long one what is weak."""
SAFETY_DAYS: Final = 7.0
"""People answer late: metrics that rest on their labels look back further."""
_HOUR_US: Final = 3_600_000_000
_DAY_US: Final = 24 * _HOUR_US
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class View:
    """How to look.

    Attributes:
        horizons_h: hours of the windows, shortest first.
        safety_days: of the period of safety metrics and quality; 0 leaves them out, as they read every decision of it.
        every_h: hours between looks, over which the day's false alarms are shared out.
        has_slices: whether tenants, surfaces and languages are looked at by themselves, too.

    """

    horizons_h: tuple[float, ...] = HORIZONS_H
    safety_days: float = SAFETY_DAYS
    every_h: float = 1.0
    has_slices: bool = True


USUAL_VIEW: Final = View()


@dataclass(slots=True)
class Seen:
    """What a look has seen. What could not be seen is empty, and `notes` or the verdict's reasons say why.

    Attributes:
        windows: shortest first.
        bundle: the text bundle that decided last.
        verdict: over all traffic.

    """

    windows: Sequence[Window]
    verdict: DriftVerdict
    bundle: BundleReference | None = None
    reference: Reference | None = None
    slices: Sequence[DriftVerdict] = ()
    safety: SafetyReport | None = None
    quality: QualityReport | None = None
    labels: DataFrame | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Parts that broke."""
        return [note for note in self.notes if note.startswith(NOT_SEEN)]

    @property
    def longest(self) -> Window:
        """The window that the verdict is about."""
        return self.windows[-1]

    def traffic(self) -> list[Traffic]:
        """How much came in, by horizon."""
        return [Traffic(_hours(window), window.n_decisions, _failures(window)) for window in self.windows]

    def measures(self) -> list[Measure]:
        """Metrics of safety and quality, for rules and history; one a name and category."""
        found = [*(self.safety.metrics if self.safety else ()), *(self.quality.metrics if self.quality else ())]
        measures = (
            Measure(name=one.name, category=one.category or "", value=one.value, low=one.low, high=one.high, n=one.n)
            for one in found
        )
        return list({(one.name, one.category): one for one in measures}.values())


class Looker:
    """Looks; keeps the detector, which remembers what it computed of a reference.

    Args:
        settings: where the decisions are.
        home: where references are.
        view: how to look.

    """

    def __init__(self, settings: MonitorSettings, home: Home, view: View = USUAL_VIEW) -> None:
        self.view = view
        self._settings = settings
        self._home = home
        self._detector: Detector | None = None

    def look(self, at_us: int) -> Seen:
        """Look at the traffic up to a moment, microseconds since 1970, UTC.

        Raises:
            MonitoringError: the decisions cannot be read.

        """
        from monitoring.windows.reading import read_windows
        from monitoring.windows.source import open_source
        from monitoring.windows.window import Period

        with open_source(self._settings.decisions) as source:
            periods = [Period(at_us - round(hours * _HOUR_US), at_us) for hours in self.view.horizons_h]
            windows = read_windows(source, periods, max_rows=self._settings.max_rows)
            seen = self._compared(windows, source.deciders())
            self._measure(seen, source, Period(at_us - round(self.view.safety_days * _DAY_US), at_us))
        return seen

    def _compared(self, windows: Sequence[Window], deciders: Deciders) -> Seen:
        from monitoring.reference.storing import find_reference

        bundle = newest_bundle(deciders, windows)
        if bundle is None:
            return Seen(windows, _undetermined(windows[-1], no_bundle(windows[-1])))
        try:
            reference = find_reference(bundle.digest, self._home, self._settings.bundles)
        except ReferenceWindowError as error:
            why = takeover(deciders, windows[-1], bundle) or str(error)
            return Seen(windows, _undetermined(windows[-1], why, bundle), bundle)
        seen = Seen(windows, self._checker().check(reference, windows), bundle, reference)
        if self.view.has_slices:
            seen.slices = _tried(seen, "slices", lambda: self._checker().check_slices(reference, windows)) or ()
        return seen

    def _checker(self) -> Detector:
        from monitoring.drift.detector import Detector, DetectorSettings

        if self._detector is None:
            looks_per_day = max(1, round(24 / self.view.every_h))
            self._detector = Detector(DetectorSettings(looks_per_day=looks_per_day))
        return self._detector

    def _measure(self, seen: Seen, source: Source, period: Period) -> None:
        """Add what people say. Where that fails, the note says so, and drift is told nevertheless."""
        if period.start_us >= period.end_us:
            return
        seen.safety = _tried(seen, "safety metrics", lambda: _safety(source, period))
        seen.labels = labels = _tried(seen, "labels", lambda: _labels(source, period))
        if labels is not None:
            seen.quality = _tried(seen, "quality", lambda: _quality(labels, seen.longest, source))


def _failures(window: Window) -> dict[str, int] | None:
    """Items without a decision; None where the store does not count them, which is not the same as none."""
    from monitoring.windows.database import NO_FAILURES

    return None if NO_FAILURES in window.notes else dict(window.totals.failures)


def _safety(source: Source, period: Period) -> SafetyReport:
    from monitoring.safety.measuring import measure_safety

    return measure_safety(source, period, now_us=period.end_us)


def _labels(source: Source, period: Period) -> DataFrame:
    from monitoring.quality.reviewed import reviewed_labels

    return reviewed_labels(source, period, as_of_us=period.end_us)


def _quality(labels: DataFrame, window: Window, source: Source) -> QualityReport:
    from monitoring.quality.measuring import measure_quality
    from monitoring.quality.thresholds import thresholds_of

    return measure_quality(labels, window, thresholds=thresholds_of(source.deciders()))


def newest_bundle(deciders: Deciders, windows: Sequence[Window]) -> BundleReference | None:
    """The text bundle of the newest decision; None where nobody decided."""
    for window in windows:
        if window.n_rows:
            decider = deciders.get(str(window.frame["decider_id"].iloc[-1]))
            return decider.bundles[0] if decider is not None and decider.bundles else None
    return None


def takeover(deciders: Deciders, window: Window, bundle: BundleReference) -> str | None:
    """That this bundle, which has no reference, took over from another within the window; None where it did not.

    A reference of what it decides now would call usual whatever it does: people have to want it first.
    """
    from monitoring.windows.window import Period

    ours = [id_ for id_, decider in deciders.items() if decider.bundles and decider.bundles[0].digest == bundle.digest]
    is_ours = window.frame["decider_id"].isin(ours).to_numpy()
    if is_ours.all():
        return None
    first_us = int(window.frame["decided_at_us"].to_numpy()[is_ours].min())
    since = Period(first_us, window.period.end_us).start
    before = deciders.get(str(window.frame["decider_id"].to_numpy()[~is_ours][-1]))
    old = f"{before.bundles[0].name} {before.bundles[0].version}" if before and before.bundles else "another bundle"
    return (
        f"{bundle.name} {bundle.version} ({bundle.digest[:12]}) decides since {since:%Y-%m-%d %H:%M} UTC, {old} did "
        "before, and there is no reference of the new one: if nobody meant to change it, serve the old one again; else "
        "judge it first (weir monitor metrics, or in shadow weir monitor compare), and only then build its reference "
        "(weir monitor reference build)"
    )


def fault(error: Exception) -> str:
    """An error in words that cannot quote a decision: ours as they are, others by type and place."""
    if isinstance(error, MonitoringError):
        return str(error)
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f" at {Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame is not None else ""
    return f"{type(error).__name__}{place}"


def _tried(seen: Seen, what: str, make: Callable[[], _Found]) -> _Found | None:
    """What could be made, or None and a note."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - one part that breaks must not silence the others
        seen.notes.append(f"{NOT_SEEN}{what} could not be made: {fault(error)}")
        return None


def no_bundle(window: Window) -> str:
    """Why nobody knows which bundle decided."""
    if not window.n_decisions:
        return (
            f"no decisions in {_hours(window):g} h: check that the server records, and that the source is the right one"
        )
    return "the store does not say which bundle decided, so there is no reference to compare with"


def _undetermined(window: Window, reason: str, bundle: BundleReference | None = None) -> DriftVerdict:
    return DriftVerdict(
        status=Status.UNDETERMINED,
        reference_id=None,
        bundle=None if bundle is None else f"{bundle.name} {bundle.version}",
        start=window.period.start,
        end=window.period.end,
        n_decisions=window.n_decisions,
        n_tests=0,
        reasons=(reason, *window.notes),
    )


def _hours(window: Window) -> float:
    return (window.period.end_us - window.period.start_us) / _HOUR_US
