"""Priority: whoever watches stands back for whoever serves."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Final

_AUTOGROUP: Final = Path("/proc/self/autogroup")
"""Where Linux shares cores among sessions first (`sched_autogroup_enabled`), a process's own priority holds within its
session alone; this is the priority of the session."""


def stand_back(nice: int) -> None:
    """Lower the priority of this process, unless it is as low already or the system does not know any.

    While a core is wanted by a server, a process of priority 19 gets about one part in seventy of it (weights 15 and
    1,024 of the Linux scheduler); of one that is idle it gets all. A session without a terminal, such as that of cron,
    stands back as a whole; one with a terminal belongs to a person and stays as it is.

    Args:
        nice: from 0, as it is, to 19, the lowest.

    """
    if not nice:
        return
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, max(nice, os.getpriority(os.PRIO_PROCESS, 0)))
    if not _has_terminal():
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(str(nice), encoding="ascii")


def _has_terminal() -> bool:
    return any(stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__))
