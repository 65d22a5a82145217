"""The state: the door to what monitoring remembers, for everyone who only reads it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, func, select

from monitoring.alarms.alarm import Alarm, AlarmState
from monitoring.alarms.looks import Measure
from monitoring.home import Home
from monitoring.state.alarms import count_open, find_alarm, list_alarms
from monitoring.state.messages import count_waiting, has_held, last_error
from monitoring.state.opening import open_state, readable
from monitoring.state.runs import Run, read_runs
from monitoring.state.tables import measures, runs


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages that the receiver of alarms has not heard yet.

    Attributes:
        error: why the oldest was not; None where it was not tried.

    """

    n_messages: int
    error: str | None


class State:
    """Reads runs, alarms and measures. Close it, or use it in `with`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self.engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with readable(self.engine), self.engine.connect() as connection:
            yield connection

    def runs(self, since_us: int = 0, limit: int | None = None) -> list[Run]:
        """Runs whose look ends at or after a moment, oldest first; the newest where there are more than `limit`."""
        with self._reading() as connection:
            return read_runs(connection, since_us, limit)

    def last_run(self, now_us: int | None = None) -> Run | None:
        """The run of the latest look; of those up to now where it is given."""
        last_us = self.last_look_us(now_us)
        found = [] if last_us is None else self.runs(last_us)
        return found[0] if found else None

    def last_look_us(self, now_us: int | None = None) -> int | None:
        """The end of the latest look, failed ones included.

        Args:
            now_us: the clock. A look that was made while it was wrong, and ends later than now, is left out: it would
                keep alarms as they are, and the schedule still, until its time came.

        """
        chosen = select(func.max(runs.c.at_us))
        with self._reading() as connection:
            found: int | None = connection.execute(
                chosen if now_us is None else chosen.where(runs.c.at_us <= now_us)
            ).scalar_one()
            return found

    def alarms(
        self, states: Collection[AlarmState] = (), since_us: int | None = None, limit: int | None = None
    ) -> list[Alarm]:
        """Alarms, the newest first, without their history; in any state where none is named."""
        with self._reading() as connection:
            return list_alarms(connection, states, since_us, limit)

    def alarm(self, alarm_id: int) -> Alarm | None:
        """One alarm with its history."""
        with self._reading() as connection:
            return find_alarm(connection, alarm_id)

    def open_alarms(self) -> dict[str, int]:
        """How many are not closed, by severity."""
        with self._reading() as connection:
            return count_open(connection)

    def waiting(self) -> Waiting:
        """Messages that were not heard yet."""
        with self._reading() as connection:
            return Waiting(count_waiting(connection), last_error(connection))

    def has_held(self) -> bool:
        """Whether messages wait for the end of looks that are made up for."""
        with self._reading() as connection:
            return has_held(connection)

    def measures(self, name: str, category: str = "", since_us: int = 0) -> list[tuple[int, Measure]]:
        """One metric over time: moments in microseconds since 1970, and what it was."""
        column = measures.c
        chosen = select(measures).where(column.name == name, column.category == category, column.at_us >= since_us)
        names = [name for name in Measure.model_fields if name in column]
        with self._reading() as connection:
            rows = connection.execute(chosen.order_by(column.at_us)).mappings()
            return [(row["at_us"], Measure(**{one: row[one] for one in names})) for row in rows]

    def measure_names(self) -> list[str]:
        """The metrics of the last run that had some."""
        column = measures.c
        last = select(func.max(column.run_id)).scalar_subquery()
        with self._reading() as connection:
            chosen = select(column.name).where(column.run_id == last).distinct().order_by(column.name)
            return list(connection.execute(chosen).scalars())


@contextmanager
def reading_state(home: Home) -> Iterator[State]:
    """The state of a home for as long as it is needed.

    Raises:
        MonitoringError: it cannot be opened.

    """
    with State(open_state(home)) as state:
        yield state
