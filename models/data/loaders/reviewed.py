"""The loader of what reviewers said: the JSON lines that `weir labels export` writes.

It is in no registry, as every deployment has its own file: give it to a `Recipe` under a source of your own.
"""

import json
from collections.abc import Iterator
from typing import Any

from models.contracts import Category
from models.data.rows import Files, Row


def reviewed(files: Files) -> Iterator[Row]:
    """Labelled decisions, by time; the weight is the share of the reviewers who agree.

    An example without a text (its content was not kept) becomes an empty row, which collecting drops and counts.
    """
    for name in sorted(files):
        for line in files[name].split("\n"):
            if line.strip():
                yield _row(json.loads(line))


def _row(example: dict[str, Any]) -> Row:
    when = example.get("timestamp")
    return Row(
        text=example.get("text") or "",
        marks={Category(name): int(value) for name, value in example["labels"].items()},
        order=when,
        timestamp=when,
        weight=float(example["weight"]),
    )
