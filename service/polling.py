"""Polling: a thread that looks for changes in the database, so that no request waits for it.

Other workers change what a worker holds: its keys, its banks, its policies. Each of these says how to take over what is
new; when and in which thread, and that a database that is away ends nothing, is said here once.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from service.faults import describe

JOIN_S: Final = 10.0


class Poller:
    """Calls `poll` every `pause_s` seconds, or at once when woken. `start` it, `close` it.

    A poll that takes long is followed by a pause of twice its length: taking over much must not take the process over.

    Attributes:
        n_failures: polls that failed since the start.

    """

    def __init__(self, name: str, poll: Callable[[], None], pause_s: float, logger: logging.Logger) -> None:
        """Take what to call, and how it is named: `the keys` could not be read.

        Args:
            name: of what is followed, in the plural: the thread's name and, after `the`, in the log.
            poll: takes over what is new; may raise whatever the driver raises.
            pause_s: seconds between two polls, at least.
            logger: of the package that follows.

        """
        self._name = name
        self._poll = poll
        self._pause_s = pause_s
        self._logger = logger
        self._wake = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.n_failures = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Poll now: this process has just made a change."""
        self._wake.set()

    def close(self) -> None:
        """Stop, and wait for a poll that runs."""
        self._is_closing = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)

    def poll_safely(self) -> None:
        """Poll once; a failure is logged and counted, and what was held before serves on."""
        try:
            self._poll()
        except Exception as error:  # noqa: BLE001 - whatever the driver raises, the last state serves on
            self.n_failures += 1
            self._logger.error("the %s could not be read, trying again: %s", self._name, describe(error))  # noqa: TRY400

    def _run(self) -> None:
        pause_s = self._pause_s
        while True:
            self._wake.wait(pause_s)
            self._wake.clear()
            if self._is_closing:
                return
            began = time.monotonic()
            self.poll_safely()
            pause_s = max(self._pause_s, 2 * (time.monotonic() - began))
