"""Listings: what there is, as a table where a terminal has room for it, and as plain lines everywhere else.

A table that is squeezed cuts what it has no room for, and what it cuts is an id that somebody has to type. So a listing
that goes into a pipe, or into a terminal too narrow for its longest words, is a line an entry with blanks between.
"""

from collections.abc import Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

Rows = Sequence[Sequence[str]]


def print_listing(titles: Sequence[str], rows: Rows) -> None:
    """Print entries on standard output, every cell whole. The first column is what one types to name an entry."""
    console = Console()
    table = Table(*titles)
    table.columns[0].no_wrap = True
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as it is: what looks like markup is somebody's name
    least = Measurement.get(console, console.options.update(max_width=1_000), table).minimum
    if console.is_terminal and least <= console.width:
        console.print(table)
    else:
        _print_lines(console, [titles, *rows])


def _print_lines(console: Console, rows: Rows) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        console.print("  ".join(cells).rstrip(), markup=False, highlight=False, soft_wrap=True, emoji=False)
