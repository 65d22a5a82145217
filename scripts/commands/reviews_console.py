"""What `weir reviews` and `weir labels` share: the database, errors as one line, times, and how things are printed."""

import getpass
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from scripts.commands.database import open_for_command

if TYPE_CHECKING:
    from pydantic import BaseModel

    from service.reviews.desk import Desk
    from service.reviews.reviewer import Reviewer

USER_ERROR = 2
_UNIT_S = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Tenant = Annotated[str | None, typer.Option(help="Only this tenant's.")]
Person = Annotated[str | None, typer.Option(help="Who you are; by default the user of this computer.")]


@contextmanager
def open_desk() -> "Iterator[Desk]":
    """The desk over the database in the settings; what a user can mend becomes one line."""
    from pydantic import ValidationError

    from service.errors import RequestError
    from service.records.log import open_digester
    from service.records.schema import DatabaseError
    from service.reviews.exporting import ExportError
    from service.reviews.opening import make_desk
    from service.settings import SettingsError, load_settings

    try:
        settings = load_settings()
        database = open_for_command(settings.database_url, may_create=False)
        try:
            yield make_desk(database, settings, open_digester(database, settings).subject, ())
        finally:
            database.dispose()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        fail(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
    except (DatabaseError, ExportError, RequestError, SettingsError) as error:
        fail(str(error))


def reviewer(person: str | None) -> "Reviewer":
    """Who reviews from this command line."""
    from service.reviews.reviewer import Reviewer

    return Reviewer(f"cli:{getpass.getuser()}"[:64], person)


def since_us(text: str | None) -> int:
    """A time such as `7d`, `12h` or `2026-01-31` in microseconds since 1970; None is the beginning."""
    if text is None:
        return 0
    ago = re.fullmatch(r"(\d{1,6})([mhdw])", text)
    if ago:
        return round((time.time() - int(ago[1]) * _UNIT_S[ago[2]]) * 1e6)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail("--since is a time ago such as 30m, 12h, 7d or 2w, or a date such as 2026-01-31")
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e6)


def print_json(value: "BaseModel") -> None:
    """One value on standard output."""
    sys.stdout.write(value.model_dump_json(indent=2) + "\n")


def say(message: str) -> None:
    """One line for people, on standard error."""
    Console(stderr=True).print(message, markup=False, highlight=False, soft_wrap=True)


def fail(message: str) -> NoReturn:
    """End with one line that says what to change."""
    Console(stderr=True).print(f"weir: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(USER_ERROR)
