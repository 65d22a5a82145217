"""What all commands of `weir monitor` share: their options, their errors, their exit codes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

CLEAR: Final = 0
USER_ERROR: Final = 2
CHANGED: Final = 3
"""Something changed, or an alarm is open."""
UNDETERMINED: Final = 4
"""Nothing could be said; never an all-clear."""
BUSY: Final = 5
"""Another monitor runs in this folder."""

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Folder of the monitor; WEIR_MONITOR_HOME, else ./weir-monitor.")
]
SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source",
        help="Database URL of the decision store, or exported Parquet (a file or a folder); "
        "WEIR_MONITOR_SOURCE, else WEIR_DATABASE_URL.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]

err: Final = Console(stderr=True)


@contextmanager
def user_errors() -> Iterator[None]:
    """Errors a person can cause: one line that says what to do, exit code 2, no traceback."""
    from monitoring.errors import MonitoringError

    try:
        yield
    except MonitoringError as error:
        err.print(str(error), markup=False, emoji=False, highlight=False, soft_wrap=True)
        raise typer.Exit(USER_ERROR) from error
    except KeyboardInterrupt as stopped:
        err.print("Stopped.")
        raise typer.Exit(130) from stopped
