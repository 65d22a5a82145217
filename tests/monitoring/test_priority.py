import subprocess
import sys
from pathlib import Path

import pytest

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
    # A session of its own stands back as a whole.
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True)
    return int(done.stdout)


def test_a_monitor_takes_the_lowest_priority_and_never_a_higher_one() -> None:
    assert priority_after(19, 5) == 19


def test_a_monitor_may_keep_its_priority() -> None:
    assert priority_after(0, 0) == priority_after(0, 0) < 19


def test_a_session_that_others_share_stays_as_it_is() -> None:
    code = (
        "import os; from monitoring.priority import _AUTOGROUP as p, stand_back; before = p.read_text(); stand_back(15)"
    )
    check = f"{code}; print(before == p.read_text(), os.getpriority(os.PRIO_PROCESS, 0))"
    if not Path("/proc/self/autogroup").exists():
        pytest.skip("this system does not share cores among sessions")
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "15"]
