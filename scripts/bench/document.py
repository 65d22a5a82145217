"""`docs/benchmarks.md`: one section a benchmark, each replaced in place by the command that measures it."""

import re
from pathlib import Path

HEADER = """# Benchmarks

Every section is written by the command named in it and replaced whenever that command runs with `--write`. Numbers are
from one machine at one time: compare rows within a table, not tables with each other.
"""


def replace_section(document: str, name: str, section: str) -> str:
    """The document with the section of that name replaced, or appended where there is none yet.

    Args:
        document: the text so far; empty for a new one, which then gets the header.
        name: what the markers say.
        section: Markdown, without markers.

    """
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    block = f"{begin}\n\n{section.strip()}\n\n{end}"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if pattern.search(document):
        return pattern.sub(lambda _: block, document, count=1)
    return f"{(document or HEADER).rstrip()}\n\n{block}\n"


def write_section(path: Path, name: str, section: str) -> None:
    """Replace a section of the file at `path`, making the file where it is missing."""
    document = path.read_text(encoding="utf-8") if path.exists() else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(replace_section(document, name, section), encoding="utf-8")
