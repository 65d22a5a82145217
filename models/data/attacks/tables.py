"""Tables: substitutes by letter or word, written so that a person can read and extend them."""

from collections.abc import Mapping

Table = Mapping[str, tuple[str, ...]]
"""What may stand for a letter or a word; keys are lower case."""


def by_letter(entries: str) -> Table:
    """A table from entries such as `a@4`: a letter, then the characters that may stand for it."""
    return {entry[0]: tuple(entry[1:]) for entry in entries.split()}


def by_line(lines: str) -> Table:
    """A table from lines such as `kill murder = 🔪 🗡️`: keys that share their substitutes, any length."""
    table: dict[str, tuple[str, ...]] = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        keys, _, substitutes = line.partition(" = ")
        table |= dict.fromkeys(keys.split(), tuple(substitutes.split()))
    return table
