"""`weir`: one command line for everything Weir does.

Each command lives in `scripts/commands/` and imports what it needs when it runs, so that `weir --help` answers
in an environment that has only the serving requirements.
"""

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from scripts.commands import (
    adapt,
    audit,
    bank,
    bench,
    bento,
    client,
    data,
    demo,
    evaluate,
    export,
    jobs,
    keys,
    labels,
    memes,
    moderate,
    monitor,
    pictures,
    policy,
    reviews,
    serve,
    settings,
    train,
    webhooks,
)

app = typer.Typer(
    name="weir",
    help="Weir: content moderation that you run yourself. Scores, evidence and a decision for text and pictures.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        print(f"weir {version('weir')}")
        raise typer.Exit


@app.callback()
def start(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - answered by its callback
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Warn of variables that were meant to be settings; `weir serve` does so itself, in the format of its log."""
    if context.invoked_subcommand == "serve" or not any(name.upper().startswith("WEIR_") for name in os.environ):
        return
    from service.settings_names import strange_names

    for warning in strange_names(os.environ):
        Console(stderr=True).print(f"weir: {warning}", style="yellow", markup=False, highlight=False, soft_wrap=True)


app.command("serve")(serve.serve)
app.command("settings")(settings.settings)
app.command("moderate")(moderate.moderate)
app.add_typer(data.app, name="data")
app.add_typer(train.app, name="train")
train.app.command("image")(pictures.train_image)
train.app.command("image-baselines")(pictures.train_image_baselines)
train.app.command("memes")(memes.train)
app.command("evaluate")(evaluate.evaluate)
app.command("evaluate-image")(pictures.evaluate_image)
app.command("evaluate-memes")(memes.evaluate)
app.command("export")(export.export)
app.command("export-image")(export.export_image)
app.command("export-embedding")(export.export_embedding)
app.command("export-joint")(memes.export)
app.command("adapt-image")(adapt.adapt_image)
app.add_typer(bench.app, name="bench")
app.add_typer(monitor.app, name="monitor")
app.add_typer(demo.app, name="demo")
app.add_typer(bank.app, name="bank")
app.add_typer(policy.app, name="policy")
app.add_typer(reviews.app, name="reviews")
app.add_typer(labels.app, name="labels")
app.add_typer(audit.app, name="audit")
app.command("erase")(audit.erase)
app.add_typer(jobs.app, name="jobs")
app.add_typer(webhooks.app, name="webhooks")
app.command("bento")(bento.bento)
app.command("client")(client.client)
app.add_typer(keys.app, name="key")

_EXTRA_BY_MODULE = {
    "evidently": "monitor",
    "pandas": "monitor",
    "datasketch": "train",
    "matplotlib": "train",
    "onnx": "train",
    "optimum": "train",
    "pyarrow": "train",
    "scipy": "train",
    "sklearn": "train",
    "torch": "train",
    "transformers": "train",
    "fastapi": "bench",
    "openapi_python_client": "bench",
    "litserve": "bench",
    "mosec": "bench",
    "psutil": "bench",
}

_LOCK_BY_EXTRA = {"bench": "dev", "monitor": "monitor", "train": "train"}


def main() -> None:
    """Run the command line; a command whose extra is not installed says which one to install."""
    try:
        app()
    except ModuleNotFoundError as missing:
        module = (missing.name or "").partition(".")[0]
        if module not in _EXTRA_BY_MODULE:
            raise
        Console(stderr=True).print(
            f"This command needs the '{_EXTRA_BY_MODULE[module]}' requirements (no module '{module}').\n"
            f"Install them with: pip install -r locks/{_LOCK_BY_EXTRA[_EXTRA_BY_MODULE[module]]}.txt",
            markup=False,
        )
        sys.exit(2)
