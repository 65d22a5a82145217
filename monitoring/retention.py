"""Retention: drawings of old looks are deleted, so that a home does not grow for ever.

What was found stays in the state (`monitoring.state.runs`); snapshots and reports only show it, and dashboards read
every snapshot when they open.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from monitoring.home import Home

_DAY_S: Final = 86_400
_REPORT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z")
"""Names of folders that looks write; what people named themselves is theirs."""
_REPORT_FILES: Final = ("report.html", "report.json")


def purge_drawings(home: Home, now_us: int, keep_days: int) -> int:
    """Delete snapshots and reports that were written too long ago; says how many files went.

    Age is by when a file was written and not by the look that it shows, so that a replay of an old period is not gone
    as soon as it is drawn.

    Args:
        home: whose they are.
        now_us: the clock.
        keep_days: so long they are kept.

    """
    before_s = now_us / 1e6 - keep_days * _DAY_S
    old = [path for path in _drawings(home) if path.stat().st_mtime < before_s]
    for path in old:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in old if path.name in _REPORT_FILES}:
        if not any(folder.iterdir()):
            folder.rmdir()
    return len(old)


def _drawings(home: Home) -> Iterator[Path]:
    """Snapshots, with what is left of those whose writing was cut off, and reports."""
    yield from (path for path in home.workspace.glob("*/snapshots/*") if path.is_file())
    for folder in home.reports.iterdir() if home.reports.is_dir() else ():
        if _REPORT.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink():
            yield from (folder / name for name in _REPORT_FILES if (folder / name).is_file())
