"""`weir labels`: what reviewers said, as the next training set."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from scripts.commands.reviews_console import Tenant, open_desk, say, since_us

app = typer.Typer(
    help="What reviewers said, as training data. The command works on the database that WEIR_DATABASE_URL names.",
    no_args_is_help=True,
)


@app.callback()
def labels() -> None:
    """What reviewers said, as training data."""


@app.command("export")
def export(
    out: Annotated[Path, typer.Option(help="The file: .jsonl or .parquet (needs the extra parquet).")],
    since: Annotated[
        str | None, typer.Option(help="Only decisions labelled since then: 12h, 7d or 2026-01-31.", metavar="TIME")
    ] = None,
    with_content: Annotated[
        bool, typer.Option("--with-content", help="Take the texts that WEIR_REVIEW_CONTENT keeps.")
    ] = False,
    join: Annotated[
        Path | None,
        typer.Option(
            help="Take the texts from JSON lines with content_id (or decision_id) and text, your own store's."
        ),
    ] = None,
    min_agreement: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Leave out labels on which a smaller share of reviewers agree.")
    ] = 0.0,
    tenant: Tenant = None,
) -> None:
    """Write every decision that a person labelled as one training example; the latest word wins.

    Without texts the examples name decisions and content digests, to be joined by you.

    Examples:
        weir labels export --out labels.jsonl --with-content --since 30d
        weir labels export --out labels.parquet --join content.jsonl --min-agreement 0.66

    """
    from service.reviews.examples import Wish, examples
    from service.reviews.exporting import count_labelled, read_texts, write_examples

    after_us = since_us(since)
    with open_desk() as desk:
        texts = None if join is None else read_texts(join)
        wish = Wish(tenant, after_us, with_content, texts, min_agreement)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            found = bar.track(examples(desk, wish), total=count_labelled(desk, after_us), description="examples")
            n_examples = write_examples(found, out)
    say(f"wrote {n_examples} examples to {out}")
