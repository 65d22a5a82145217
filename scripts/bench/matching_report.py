"""Tables of the matching benchmark, for the terminal and for `docs/known-content.md`."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from scripts.bench.machine import Machine


@dataclass(frozen=True)
class Sheet:
    """One table: the first column names the row, the others are numbers already written out."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def rich(self) -> Table:
        """For the terminal."""
        table = Table(self.columns[0], title=self.title, title_justify="left", caption=self.note)
        for column in self.columns[1:]:
            table.add_column(column, justify="right")
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """For the document."""
        lines = [f"| {' | '.join(self.columns)} |", f"| --- |{' ---: |' * (len(self.columns) - 1)}"]
        lines += [f"| {' | '.join(row)} |" for row in self.rows]
        return "\n".join([f"#### {self.title}", "", *lines, *(["", self.note] if self.note else [])])


def section(sheets: Sequence[Sheet], machine: Machine, command: str) -> str:
    """What stands between the markers: the tables, and when, where and how they were made."""
    versions = ", ".join(f"{name} {machine.versions[name]}" for name in ("numpy",) if name in machine.versions)
    made = (
        f"`{command}`, {machine.date}, one thread of {machine.cpu} ({machine.n_cores} cores, "
        f"{machine.busy_before:.0%} busy with other work just before), Python {machine.python}, {versions}."
    )
    return "\n\n".join([made, *(sheet.markdown() for sheet in sheets)])


def share(value: float) -> str:
    """A share with three digits; more than none is never written as none."""
    return f"{value:.3f}"


def rate(n_found: int, n_tried: int) -> str:
    """How often in how many, or below what it was not seen."""
    return f"{n_found / n_tried:.1e}" if n_found else f"none in {n_tried:.1e}"


def milliseconds(seconds: float) -> str:
    """A duration."""
    return f"{seconds * 1e3:.3g}"
