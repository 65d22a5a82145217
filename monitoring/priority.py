"""Priority: whoever watches stands back for whoever serves."""

import contextlib
import os
from typing import Final

NICE: Final = 19
"""The lowest: while a core is wanted by a server, a process of this priority gets about one part in seventy of it
(weights 15 and 1,024 of the Linux scheduler)."""


def stand_back() -> None:
    """Lower the priority of this process, unless it is low already or the system does not know any."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, max(NICE, os.getpriority(os.PRIO_PROCESS, 0)))
