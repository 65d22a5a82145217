"""What the commands of `weir audit` and `weir erase` share: the database, errors as one line, and who asks."""

import getpass
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from scripts.commands.database import open_for_command

if TYPE_CHECKING:
    from pydantic import BaseModel
    from sqlalchemy import Engine

    from service.settings import Settings

USER_ERROR = 2
TAMPERED = 1
_AGE = re.compile(r"(\d{1,6})(m|h|d|w)", re.ASCII)
_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}", re.ASCII)
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}

Database = Annotated[
    str | None,
    typer.Option("--database", help="URL of the database; by default that of WEIR_DATABASE_URL.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]


@contextmanager
def opened(url: str | None) -> "Iterator[tuple[Engine, Settings]]":
    """The database and the settings; what a user can mend becomes one line."""
    from service.accountability.decisions import BrokenChainError
    from service.accountability.dsa.platform import PlatformError
    from service.records.schema import DatabaseError
    from service.settings import SettingsError, load_settings

    try:
        settings = load_settings()
        engine = open_for_command(url or settings.database_url, may_create=False)
        try:
            yield engine, settings
        finally:
            engine.dispose()
    except BrokenChainError:
        say("decisions were not purged: the chain does not verify. Run: weir audit verify", style="red")
        raise typer.Exit(TAMPERED) from None
    except (DatabaseError, PlatformError, SettingsError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or 'a file'}: {error.strerror or 'it cannot be read or written'}")


def say_database(engine: "Engine") -> None:
    """Name the database for people: what was done, was done there."""
    from service.records.opening import shown

    say(f"database: {shown(engine.url)}")


def actor() -> str:
    """Under which name the audit log keeps what a command did."""
    try:
        return f"cli:{getpass.getuser()}"[:128]
    except (KeyError, OSError):  # a container whose user has no name
        return "cli"


def read_span(since: str, until: str, now_us: int) -> tuple[int, int]:
    """From when on and before when, in microseconds since 1970.

    Args:
        since: a day or a time in ISO 8601, UTC unless it says otherwise, or an age such as `7d`.
        until: likewise, or `now`. Days of `since` begin, and that of `until` is in it only where both are the same.
        now_us: microseconds since 1970.

    """
    since_us, until_us = _read_moment(since, "--since", now_us), _read_moment(until, "--until", now_us)
    if since == until and _DAY.fullmatch(until):
        until_us += _SECONDS["d"] * 1_000_000
    if since_us >= until_us:
        fail("--since is before --until")
    try:
        written_moment(since_us), written_moment(until_us)
    except OverflowError:
        fail("--since and --until are in the years 1 to 9999")
    return since_us, until_us


def written_moment(at_us: int) -> str:
    """Microseconds since 1970 in ISO 8601, UTC: an age alone would say nothing in the audit log."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)).isoformat()


def _read_moment(text: str, name: str, now_us: int) -> int:
    if text == "now":
        return now_us
    if age := _AGE.fullmatch(text):
        return now_us - int(age[1]) * _SECONDS[age[2]] * 1_000_000
    try:
        moment = datetime.fromisoformat(text)
        return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1e6)
    except (ValueError, OverflowError):
        fail(f"{name} is an age such as 12h or 7d, or a day or a time such as 2026-11-01 or 2026-11-01T12:00")


@contextmanager
def progress(title: str, *, hidden: bool = False) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error; the function takes what is done, and how much there is where that is known."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=hidden) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_json(value: "BaseModel") -> None:
    """One value on standard output."""
    sys.stdout.write(value.model_dump_json(indent=2) + "\n")


def say(message: str, style: str | None = None) -> None:
    """One line for people, on standard error."""
    Console(stderr=True).print(message, style=style, markup=False, highlight=False, soft_wrap=True)


def fail(message: str) -> NoReturn:
    """End with one line that says what to change."""
    say(f"weir: {message}", style="red")
    raise typer.Exit(USER_ERROR)
