"""Running: one look, from the decisions to alarms, the report and the dashboard; and what came of it, kept.

Alarms come first: the look, what it found and its alarms are kept in one transaction before anything is drawn, so that
a report that fails costs a report and not an alarm.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, JsonValue
from sqlalchemy import Engine

from monitoring.alarms.alarm import Alarm, AlarmState, EventKind
from monitoring.alarms.book import AlarmBook, Told, tell
from monitoring.alarms.judging import judge
from monitoring.alarms.loading import load_rules
from monitoring.alarms.looks import Look, Measure
from monitoring.alarms.rules import Rules, Severity
from monitoring.alarms.usual import with_usual
from monitoring.drift.verdicts import DriftVerdict, Status
from monitoring.exposition import write_metrics
from monitoring.home import Home
from monitoring.looking import USUAL_VIEW, Looker, Seen, View, fault
from monitoring.retention import purge_drawings
from monitoring.settings import MonitorSettings
from monitoring.state.messages import purge_messages
from monitoring.state.opening import open_state, writing
from monitoring.state.runs import KEPT_US, Run, RunStatus, keep_run, note_report, purge_runs, status_of
from monitoring.state.state import State

_DAY_US: Final = 86_400_000_000
_OPENED: Final = frozenset({EventKind.OPENED, EventKind.REOPENED})
_MESSAGES_KEPT_US: Final = 90 * _DAY_US

Clock = Callable[[], int]
"""Microseconds since 1970."""


def clock_us() -> int:
    """Now."""
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a look draws.

    Attributes:
        reports: when it writes a report: with a new alarm, `always`, or `never`.
        publishes: whether it adds to the dashboard.

    """

    reports: str = "alarms"
    publishes: bool = True


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a look.

    Attributes:
        told: what happened to alarms.
        alarms: that are open after it, the newest first.

    """

    run: Run
    told: tuple[Told, ...]
    alarms: tuple[Alarm, ...]


class Runner:
    """Runs looks. Whoever makes one holds the lock of the home (`monitoring.scheduling`).

    Args:
        settings: where the decisions are, and who is told.
        home: where findings are kept.
        engine: of the state.
        rules: what is an alarm.
        view: how to look.
        drawing: what to draw.
        clock: the time that runs carry.

    """

    def __init__(
        self,
        settings: MonitorSettings,
        home: Home,
        engine: Engine,
        rules: Rules,
        view: View = USUAL_VIEW,
        drawing: Drawing = Drawing(),
        clock: Clock = clock_us,
    ) -> None:
        self.home = home
        self.state = State(engine)
        self._engine = engine
        self._rules = rules
        self._looker = Looker(settings, home, view)
        self._keep_days = settings.keep_days
        self._drawing = drawing
        self._clock = clock
        self._book = AlarmBook(engine, tells=settings.webhook is not None)

    def run(self, at_us: int, *, is_catch_up: bool = False, on_kept: Callable[[], None] = lambda: None) -> RunResult:
        """Make one look and keep what came of it. A look that fails is kept as failed, and is told by the rules.

        Args:
            at_us: the end of what is looked at.
            is_catch_up: it is made after its time.
            on_kept: called when alarms are on disk and before anything is drawn: the moment to deliver them.

        Raises:
            MonitoringError: the state cannot be written.

        """
        started_us = self._clock()
        seen, error = self._seen(at_us)
        draft = _draft(seen, error, at_us=at_us, started_us=started_us, ended_us=self._clock(), late=is_catch_up)
        run, told = self._keep(draft, seen)
        tell(told)
        on_kept()
        alarms = tuple(self.state.alarms([AlarmState.OPEN, AlarmState.ACKNOWLEDGED]))
        run = self._drawn(run, seen, told, alarms)
        return RunResult(run, tuple(told), alarms)

    def _seen(self, at_us: int) -> tuple[Seen | None, str | None]:
        try:
            return self._looker.look(at_us), None
        except Exception as error:  # noqa: BLE001 - whatever broke, it is kept, and a rule tells of it
            return None, fault(error)

    def _keep(self, draft: Run, seen: Seen | None) -> tuple[Run, list[Told]]:
        """Write the run, its measures and its alarms together. A look at the past leaves alarms as they are."""
        measures = with_usual(seen.measures() if seen else (), self._rules, self.state, draft.at_us)
        findings = judge(self._rules, _as_look(draft, seen, measures))
        last_us = self.state.last_look_us(max(self._clock(), draft.at_us))
        told: list[Told] = []
        with writing(self._engine) as connection:
            if last_us is None or draft.at_us > last_us:
                told = self._book.enter(connection, self._rules, findings, draft.at_us)
            else:
                note = "a later look was made before, so alarms stay as they are"
                draft = draft.model_copy(update={"notes": (*draft.notes, note)})
            run_id = keep_run(connection, draft, tuple(measures))
            purge_runs(connection, draft.at_us - KEPT_US)
            purge_messages(connection, draft.started_us - _MESSAGES_KEPT_US)
        return draft.model_copy(update={"run_id": run_id}), told

    def _drawn(self, run: Run, seen: Seen | None, told: Sequence[Told], alarms: Sequence[Alarm]) -> Run:
        """Tell Prometheus, write the report and add to the dashboard; what fails is noted in the run."""
        notes, report = list(run.notes), None
        _tried(notes, "the file for Prometheus", lambda: self._expose(run))
        if seen is not None and self._is_reported(told):
            name = f"{run.at:%Y-%m-%dT%H%M%SZ}"
            report = name if _tried(notes, "the report", lambda: self._report(seen, name)) else None
        if seen is not None and self._drawing.publishes:
            _tried(notes, "the dashboard", lambda: self._publish(seen, alarms))
        _tried(notes, "room", lambda: purge_drawings(self.home, self._clock(), self._keep_days))
        if report is None and len(notes) == len(run.notes):
            return run
        with writing(self._engine) as connection:
            note_report(connection, run.run_id, report, tuple(notes))
        return run.model_copy(update={"report": report, "notes": tuple(notes)})

    def _is_reported(self, told: Sequence[Told]) -> bool:
        is_new = any(one.kind in _OPENED for one in told)
        return self._drawing.reports == "always" or (self._drawing.reports == "alarms" and is_new)

    def _expose(self, run: Run) -> None:
        counts = {severity.value: 0 for severity in Severity} | self.state.open_alarms()
        write_metrics(self.home.path, _told_verdict(run), self._clock(), counts)

    def _report(self, seen: Seen, name: str) -> None:
        from monitoring.reports.writing import write_report

        write_report(
            seen.verdict,
            seen.reference,
            seen.longest,
            self.home.reports / name,
            quality=seen.quality,
            safety=seen.safety,
            labels=seen.labels,
            slices=seen.slices,
        )

    def _publish(self, seen: Seen, alarms: Sequence[Alarm]) -> None:
        from monitoring.dashboard.publishing import publish

        publish(
            self.home,
            seen.verdict,
            seen.reference,
            seen.longest,
            quality=seen.quality,
            safety=seen.safety,
            alarms=alarms,
            slices=seen.slices,
        )


def run_once(
    settings: MonitorSettings,
    home: Home,
    now_us: int,
    *,
    view: View = USUAL_VIEW,
    drawing: Drawing = Drawing(),
    rules: Rules | None = None,
) -> RunResult:
    """Make one look at the traffic up to a moment, and keep what came of it.

    Args:
        settings: where the decisions are, and who is told.
        home: where findings are kept.
        now_us: the end of what is looked at, microseconds since 1970, UTC.
        view: how to look.
        drawing: what to draw.
        rules: what is an alarm; those of the settings where left out.

    Raises:
        MonitoringError: the state cannot be used, or the rules are none.

    """
    chosen = rules or load_rules(settings.rules)
    engine = open_state(home)
    try:
        return Runner(settings, home, engine, chosen, view, drawing).run(now_us)
    finally:
        engine.dispose()


def _draft(seen: Seen | None, error: str | None, *, at_us: int, started_us: int, ended_us: int, late: bool) -> Run:
    times = {"at_us": at_us, "started_us": started_us, "ended_us": ended_us, "is_catch_up": late}
    if seen is None:
        return Run(status=RunStatus.FAILED, error=error, **times)
    verdict = seen.verdict
    return Run(
        status=status_of(verdict),
        bundle=verdict.bundle,
        bundle_digest=seen.bundle.digest if seen.bundle else None,
        reference_id=verdict.reference_id,
        n_decisions=verdict.n_decisions,
        verdict=verdict,
        slices=tuple(seen.slices),
        safety=_json(seen.safety),
        quality=_json(seen.quality),
        notes=tuple(seen.notes),
        **times,
    )


def _json(report: BaseModel | None) -> JsonValue:
    found: JsonValue = None if report is None else json.loads(report.model_dump_json())
    return found


def _as_look(draft: Run, seen: Seen | None, measures: Sequence[Measure]) -> Look:
    if seen is None:
        return Look(draft.at_us, error=draft.error)
    return Look(
        draft.at_us,
        [seen.verdict, *seen.slices],
        seen.traffic(),
        measures,
        seen.reference.created_at if seen.reference else None,
        faults=seen.faults,
    )


def _told_verdict(run: Run) -> DriftVerdict:
    """What Prometheus hears; of a failed look that nothing can be said."""
    if run.verdict is not None:
        return run.verdict
    reasons = (run.error or "the look failed",)
    return DriftVerdict(
        status=Status.UNDETERMINED,
        reference_id=None,
        start=run.at,
        end=run.at,
        n_decisions=0,
        n_tests=0,
        reasons=reasons,
    )


def _tried(notes: list[str], what: str, make: Callable[[], object]) -> bool:
    try:
        make()
    except Exception as error:  # noqa: BLE001 - what is drawn must not silence what is told
        notes.append(f"{what} could not be made: {fault(error)}")
        return False
    return True
