"""Scheduling: looks at their times, those that were missed made up for, and a stop that loses nothing.

Looks are at whole multiples of the interval since 1970, so that a monitor that is started again looks at the same
moments as before, and a day has as many looks as the detector shares its false alarms over.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from monitoring.alarms.delivering import Deliverer
from monitoring.errors import MonitoringError
from monitoring.running import Clock, Runner, RunResult, clock_us
from monitoring.state.runs import RunStatus

MAX_CATCH_UP: Final = 24
"""Missed looks that are made up for: a day of hourly ones."""
_DELIVER_S: Final = 5.0
"""How often waiting messages are looked after between looks."""
_AFTER_FAULT_S: Final = 30.0

logger = logging.getLogger("weir.monitor.schedule")

OnResult = Callable[[RunResult], None]


@dataclass(frozen=True, slots=True)
class Missed:
    """Looks whose time has come.

    Attributes:
        due_us: their moments, oldest first; the last is the newest moment that has passed.
        n_skipped: older ones that are not made up for.

    """

    due_us: tuple[int, ...]
    n_skipped: int = 0


def find_due(last_us: int | None, now_us: int, every_us: int, max_catch_up: int = MAX_CATCH_UP) -> Missed:
    """The looks that are due.

    Args:
        last_us: the end of the latest look; None before the first one, and then the newest alone is due.
        now_us: the clock.
        every_us: the interval.
        max_catch_up: so many missed looks are made up for at most, beside the newest: the newest ones.

    """
    newest = now_us // every_us * every_us
    if last_us is None:
        return Missed((newest,))
    first = (last_us // every_us + 1) * every_us
    n_due = (newest - first) // every_us + 1
    n_kept = min(n_due, max_catch_up + 1)
    if n_due <= 0:
        return Missed(())
    return Missed(tuple(range(newest - (n_kept - 1) * every_us, newest + 1, every_us)), n_due - n_kept)


def moments(start_us: int, until_us: int, every_us: int) -> Iterator[int]:
    """The moments of a replay: from the first, by the interval, up to the last, which is in it."""
    yield from range(start_us, until_us + 1, every_us)


class Scheduler:
    """Looks, again and again, until it is stopped.

    Args:
        runner: that makes looks.
        deliverer: takes messages; None where nobody listens.
        every_us: the interval.
        max_catch_up: missed looks that are made up for.
        on_result: told of every look.
        clock: of the schedule.

    """

    def __init__(
        self,
        runner: Runner,
        deliverer: Deliverer | None,
        every_us: int,
        max_catch_up: int = MAX_CATCH_UP,
        on_result: OnResult = lambda _result: None,
        clock: Clock = clock_us,
    ) -> None:
        self._runner = runner
        self._deliverer = deliverer
        self._every_us = every_us
        self._max_catch_up = max_catch_up
        self._on_result = on_result
        self._clock = clock
        self._stop = threading.Event()

    def stop(self) -> None:
        """Stop after the look in progress. Safe in a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Look until `stop`."""
        while not self._stop.is_set():
            try:
                self._look_at_what_is_due()
            except MonitoringError as error:  # the state: a full disk, say. Everything else is kept by the runner.
                logger.error("a look could not be kept, trying again: %s", error)  # noqa: TRY400
                self._stop.wait(_AFTER_FAULT_S)
            self.deliver()
            self._stop.wait(min(_DELIVER_S, self._wait_s()))

    def look(self, at_us: int) -> None:
        """Make one look and tell of it."""
        self._on_result(self._runner.run(at_us, on_kept=self.deliver))

    def replay(self, start_us: int, until_us: int) -> None:
        """Make the looks of a time that has passed, then end."""
        for at_us in moments(start_us, until_us, self._every_us):
            if self._stop.is_set():
                break
            self._on_result(self._runner.run(at_us))
        self.deliver()

    def deliver(self) -> None:
        """Take what waits to its receiver; what fails waits on."""
        if self._deliverer is None:
            return
        try:
            self._deliverer.deliver()
        except Exception as error:  # noqa: BLE001 - messages are kept, and tried again
            logger.error("alarms could not be delivered, trying again: %s", type(error).__name__)  # noqa: TRY400

    def _look_at_what_is_due(self) -> None:
        now_us = self._clock()
        missed = find_due(self._runner.state.last_look_us(now_us), now_us, self._every_us, self._max_catch_up)
        if missed.n_skipped:
            logger.warning("%d looks were missed for too long and are left out", missed.n_skipped)
        for at_us in missed.due_us:
            if self._stop.is_set():
                return
            is_newest = at_us == missed.due_us[-1]
            on_kept = self.deliver if is_newest else _nothing
            result = self._runner.run(at_us, is_catch_up=not is_newest, on_kept=on_kept)
            if result.run.status is RunStatus.FAILED:
                logger.error("the look failed: %s", result.run.error)
            self._on_result(result)

    def _wait_s(self) -> float:
        now_us = self._clock()
        return (self._every_us - now_us % self._every_us) / 1e6


def _nothing() -> None:
    """Messages wait until everything is made up for: what is told then is how it stands."""
