"""Following: every worker sees within about a second which policies decide, whoever changed it."""

import logging
import threading
from typing import Final

from sqlalchemy import Engine

from service.faults import describe
from service.judges import Judges
from service.rollout.lineups import LineupBuilder
from service.rollout.store import PolicyStore

POLL_S: Final = 0.5
JOIN_S: Final = 10.0

logger: Final = logging.getLogger("bentoml.weir.rollout")


class Follower:
    """Keeps the judges of one worker at the newest revision. `start` it, `close` it; `poll` does one step by hand.

    When the database is gone, those who judge stay.

    Attributes:
        n_failures: polls that failed since the start.

    """

    def __init__(self, database: Engine, judges: Judges, builder: LineupBuilder) -> None:
        self._store = PolicyStore(database)
        self._judges = judges
        self._builder = builder
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rollout", daemon=True)
        self.n_failures = 0

    def start(self) -> None:
        """Start to follow the database."""
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)

    def poll(self) -> None:
        """Take over what is new: one row is read where nothing is. Called from any thread but the event loop's.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The database does not answer.

        """
        lineup = self._judges.lineup
        if self._store.revision() != lineup.revision:
            self._judges.take(self._builder.next(lineup))

    def _run(self) -> None:
        while not self._closing.wait(POLL_S):
            try:
                self.poll()
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, those who judge stay
                self.n_failures += 1
                logger.error("the policies could not be read, trying again: %s", describe(error))  # noqa: TRY400
