import subprocess
import sys

PROGRAM = """
import os
from monitoring.priority import stand_back
stand_back({first})
stand_back({second})
print(os.getpriority(os.PRIO_PROCESS, 0))
"""


def priority_after(first: int, second: int) -> int:
    code = PROGRAM.format(first=first, second=second)
    command = [sys.executable, "-c", code]
    # A session of its own, as a session without a terminal stands back as a whole.
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True)
    return int(done.stdout)


def test_a_monitor_takes_the_lowest_priority_and_never_a_higher_one() -> None:
    assert priority_after(19, 5) == 19


def test_a_monitor_may_keep_its_priority() -> None:
    assert priority_after(0, 0) == priority_after(0, 0) < 19
