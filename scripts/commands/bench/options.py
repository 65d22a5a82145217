"""Options that several benches have, and the document that they write into."""

from pathlib import Path
from typing import Annotated

import typer

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "benchmarks.md"

BundlePath = Annotated[
    Path | None,
    typer.Option("--bundle", help="Text bundle; by default the one in models/bundles.", show_default=False),
]
BundlesPath = Annotated[
    Path | None,
    typer.Option("--bundles", help="Folder of bundles; by default models/bundles.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
Write = Annotated[bool, typer.Option("--write/--no-write", help="Replace the section of docs/benchmarks.md.")]
Seconds = Annotated[float, typer.Option(min=0.2, help="Measured window of each measurement.")]
Workers = Annotated[int, typer.Option(min=0, help="Workers of every server; 0 means one a core.")]
