"""Following: every worker sees within about a second which policies decide, whoever changed it."""

import logging
from typing import Final

from sqlalchemy import Engine

from service.judges import Judges
from service.polling import Poller
from service.rollout.lineups import LineupBuilder
from service.rollout.store import PolicyStore

POLL_S: Final = 0.5

logger: Final = logging.getLogger("bentoml.weir.rollout")


class Follower:
    """Keeps the judges of one worker at the newest revision. `start` it, `close` it; `poll` does one step by hand.

    When the database is gone, those who judge stay.
    """

    def __init__(self, database: Engine, judges: Judges, builder: LineupBuilder) -> None:
        self._store = PolicyStore(database)
        self._judges = judges
        self._builder = builder
        self._poller = Poller("policies", self.poll, POLL_S, logger)

    @property
    def n_failures(self) -> int:
        """Polls that failed since the start."""
        return self._poller.n_failures

    def start(self) -> None:
        """Start to follow the database."""
        self._poller.start()

    def close(self) -> None:
        """Stop following."""
        self._poller.close()

    def poll(self) -> None:
        """Take over what is new: one row is read where nothing is. Called from any thread but the event loop's.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The database does not answer.

        """
        lineup = self._judges.lineup
        if self._store.revision() != lineup.revision:
            self._judges.take(self._builder.next(lineup))
