"""Priority: whoever watches stands back for whoever serves."""

import contextlib
import os


def stand_back(nice: int) -> None:
    """Lower the priority of this process, unless it is as low already or the system does not know any.

    While a core is wanted by a server, a process of priority 19 gets about one part in seventy of it (weights 15 and
    1,024 of the Linux scheduler); of one that is idle it gets all.

    Args:
        nice: from 0, as it is, to 19, the lowest.

    """
    if nice:
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, 0, max(nice, os.getpriority(os.PRIO_PROCESS, 0)))
