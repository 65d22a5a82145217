"""Priority: whoever watches stands back for whoever serves."""

import contextlib
import os
from pathlib import Path
from typing import Final

_AUTOGROUP: Final = Path("/proc/self/autogroup")
"""Where Linux shares cores among sessions first (`sched_autogroup_enabled`), a process's own priority holds within its
session alone; this is the priority of the session."""


def stand_back(nice: int) -> None:
    """Lower the priority of this process, unless it is as low already or the system does not know any.

    While a core is wanted by a server, a process of priority 10 gets about a tenth of it, one of 19 a part in seventy
    (weights 110 and 15 beside 1,024 of the Linux scheduler); of one that is idle it gets all. A session that this
    process leads, as under systemd, in a container or by `setsid`, stands back as a whole; in any other there are
    processes that did not ask for it.

    Args:
        nice: from 0, as it is, to 19, the lowest.

    """
    if not nice:
        return
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, max(nice, os.getpriority(os.PRIO_PROCESS, 0)))
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(str(nice), encoding="ascii")
