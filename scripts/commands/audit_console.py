"""What the commands of `weir audit` and `weir erase` share: the database, errors as one line, and who asks."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
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


def read_moment(text: str, name: str) -> int:
    """A day or a time in ISO 8601, UTC unless it says otherwise, in microseconds since 1970."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{name} is a day or a time, such as 2026-11-01 or 2026-11-01T12:00")
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1e6)


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
