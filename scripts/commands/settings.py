"""`weir settings`: every environment variable that the service reads."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def settings(
    search: Annotated[str, typer.Argument(help="Show only settings whose name or meaning has this word.")] = "",
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of docs/settings.md.")] = False,
) -> None:
    """List the environment variables of the service, with their defaults and meanings.

    Examples:
        weir settings
        weir settings cache
        weir settings --markdown

    """
    from service.settings_reference import describe_settings, settings_markdown

    if markdown:
        print(settings_markdown(), end="")
        return
    table = Table("variable", "default", "meaning", box=None, pad_edge=False)
    for entry in describe_settings():
        if search.lower() in " ".join(entry).lower():
            table.add_row(entry.variable, entry.default, entry.meaning)
    Console().print(table)
