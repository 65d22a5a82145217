"""`weir client`: generate a typed Python client of the service."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

USER_ERROR = 2


def client(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for openapi.json and the package.")],
    url: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="Describe a running service instead of this checkout.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write the service's OpenAPI document and a typed Python package, weir_client, that is generated from it.

    Nothing of it is written by hand: after an update of the service, generate it again. Settings of the environment
    (WEIR_MAX_ITEMS and the like) become part of the document, as they do when the service runs.

    For example:

      weir client --out client

      weir client --out client --from http://localhost:3000

      pip install ./client
    """
    from models.runtime.bundle import BundleError
    from scripts.client.description import OPENAPI, DescriptionError, describe_here, describe_there
    from scripts.client.generation import PACKAGE, GenerationError, generate_client
    from service.bundles import BundlesError
    from service.policy.document import PolicyError
    from service.settings import SettingsError

    console = Console(stderr=True)
    try:
        with console.status("Describing the service ..."):
            document = describe_there(url) if url else describe_here()
        with console.status("Generating the client ..."):
            warnings = generate_client(document, out)
    except (SettingsError, BundlesError, BundleError, PolicyError, DescriptionError, GenerationError) as error:
        console.print(f"weir client: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(USER_ERROR) from None
    for warning in warnings:
        console.print(f"left out: {warning}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    n_operations = sum(len(item.keys() - {"parameters"}) for item in document["paths"].values())
    if as_json:
        written = {"document": str(out / OPENAPI), "package": str(out / PACKAGE), "operations": n_operations}
        typer.echo(json.dumps(written | {"left_out": warnings}))
    else:
        typer.echo(f"{out / PACKAGE}: {n_operations} operations; install it with: pip install {out}")
