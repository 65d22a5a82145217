"""`weir policy`: look at policies before they decide."""

import typer

app = typer.Typer(
    name="policy",
    help="Check policies, compare them, and see what they would have done.",
    no_args_is_help=True,
)


@app.callback()
def policy() -> None:
    """Check policies, compare them, and see what they would have done."""
