"""`weir bento`: build the bento from this checkout."""

from pathlib import Path

import typer
from rich.console import Console

ROOT = Path(__file__).resolve().parents[2]
USER_ERROR = 2


def bento() -> None:
    """Build the bento that `bentofile.yaml` describes, into BentoML's store."""
    from bentoml.bentos import build_bentofile
    from bentoml.exceptions import BentoMLException

    try:
        built = build_bentofile(str(ROOT / "bentofile.yaml"), build_ctx=str(ROOT))
    except BentoMLException as error:
        Console(stderr=True).print(f"weir bento: {error}", style="red", markup=False)
        raise typer.Exit(USER_ERROR) from None
    console = Console()
    console.print(f"built {built.tag}", highlight=False)
    console.print(f"in {built.path}", soft_wrap=True, highlight=False)
    console.print(f"serve it: bentoml serve {built.tag}", highlight=False)
