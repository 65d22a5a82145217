"""What the commands of `weir bank` share: the database, errors as one line, progress, and how things are printed."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from scripts.commands.database import open_for_command

if TYPE_CHECKING:
    from pydantic import BaseModel
    from sqlalchemy import Engine

    from service.banks.opening import Signing
    from service.banks.store import BankStore

USER_ERROR = 2
N_SHOWN_SKIPS = 20

BankName = Annotated[str, typer.Argument(help="The bank's name.", metavar="BANK")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def open_store(*, may_create: bool = False) -> "Iterator[tuple[BankStore, Engine]]":
    """The banks of the database in the settings; what a user can mend becomes one line."""
    from pydantic import ValidationError

    from models.runtime.bundle import BundleError
    from service.banks.errors import BankError
    from service.banks.store import BankStore
    from service.bundles import BundlesError
    from service.errors import RequestError
    from service.records.schema import DatabaseError
    from service.settings import SettingsError, load_settings

    try:
        engine = open_for_command(load_settings().database_url, may_create=may_create)
        try:
            yield BankStore(engine), engine
        finally:
            engine.dispose()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        fail(f"{place}: {first['msg']}" if place else first["msg"].removeprefix("Value error, "))
    except (BankError, BundleError, BundlesError, DatabaseError, RequestError, SettingsError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or 'a file'}: {error.strerror or 'it cannot be read or written'}")


def open_signing() -> "Signing":
    """What looks at content, with the bundles in the settings."""
    from service.banks.opening import open_signing
    from service.settings import load_settings

    return open_signing(load_settings().bundles)


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; the function takes what is done so far."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=total == 0) as bar:
        task = bar.add_task(title, total=total)
        yield lambda n_done: bar.update(task, completed=n_done)


def print_json(values: "Sequence[BaseModel]") -> None:
    """A list of values on standard output."""
    sys.stdout.write(json.dumps([value.model_dump(mode="json") for value in values], indent=2) + "\n")


def say(message: str) -> None:
    """One line for people, on standard error."""
    Console(stderr=True).print(message, markup=False, highlight=False, soft_wrap=True)


def report_skips(skips: Sequence[str], n_skipped: int) -> None:
    """The first few things that were skipped, and how many there were."""
    for skip in skips[:N_SHOWN_SKIPS]:
        say(f"skipped {skip}")
    if n_skipped > N_SHOWN_SKIPS:
        say(f"... and {n_skipped - N_SHOWN_SKIPS} more")


def fail(message: str) -> NoReturn:
    """End with one line that says what to change."""
    Console(stderr=True).print(f"weir bank: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(USER_ERROR)
