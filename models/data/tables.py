"""Tables: delimited text as dictionaries, whatever the size of a cell."""

import csv
import io
import sys
from collections.abc import Iterator


def read_table(text: str, delimiter: str = ",", *, quoted: bool = True) -> Iterator[dict[str, str]]:
    """The rows of a delimited file with a header line; a missing cell is an empty string."""
    csv.field_size_limit(sys.maxsize)
    lines = io.StringIO(text, newline="")
    if quoted:
        reader = csv.DictReader(lines, delimiter=delimiter, restval="")
    else:
        reader = csv.DictReader(lines, delimiter=delimiter, restval="", quoting=csv.QUOTE_NONE)
    for row in reader:
        yield {key: value or "" for key, value in row.items() if key is not None}


def read_lines(text: str) -> list[str]:
    """The non-empty lines of a file, without their ends."""
    return [line for line in text.splitlines() if line.strip()]
