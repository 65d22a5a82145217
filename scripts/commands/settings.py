"""`weir settings`: every environment variable that the service reads."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

NOTHING_FOUND = 1
USER_ERROR = 2


def settings(
    search: Annotated[str, typer.Argument(help="Show only settings whose name or meaning has this word.")] = "",
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of docs/settings.md.")] = False,
    current: Annotated[
        bool, typer.Option("--current", help="Show the values in effect here; secrets are shown as ***.")
    ] = False,
) -> None:
    """List the environment variables of the service, with their defaults and meanings.

    Examples:
        weir settings
        weir settings cache
        weir settings --current
        weir settings --markdown

    """
    from service.settings import SettingsError, load_settings
    from service.settings_reference import current_values, describe_settings, settings_markdown

    if markdown:
        print(settings_markdown(), end="")
        return
    entries = [entry for entry in describe_settings() if search.lower() in " ".join(entry).lower()]
    if not entries:
        _say(f"no setting has {search!r} in its name or meaning; `weir settings` lists all of them")
        raise typer.Exit(NOTHING_FOUND)
    if not current:
        table = Table("variable", "default", "meaning", box=None, pad_edge=False)
        for entry in entries:
            table.add_row(*map(Text, entry))
        Console().print(table)
        return
    try:
        values = current_values(load_settings())
    except SettingsError as error:
        _say(str(error))
        raise typer.Exit(USER_ERROR) from None
    table = Table(box=None, pad_edge=False)
    table.add_column("variable", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("default", overflow="fold")
    for entry in entries:
        value = values[entry.variable]
        table.add_row(entry.variable, Text(value, "" if value == entry.default else "bold"), Text(entry.default))
    Console().print(table)


def _say(words: str) -> None:
    Console(stderr=True).print(f"weir settings: {words}", style="red", markup=False, highlight=False, soft_wrap=True)
