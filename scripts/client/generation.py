"""The generation: an OpenAPI document becomes the package `weir_client`, with a type for every shape."""

import io
import json
import shlex
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

from scripts.client.description import OPENAPI

PACKAGE: Final = "weir_client"
PROJECT: Final = "weir-client"
_BYTES: Final = "application/octet-stream"
_AS_BYTES: Final = {
    "image/*": _BYTES,
    "image/jpeg": _BYTES,
    "application/x-ndjson": _BYTES,
    "application/vnd.apache.parquet": _BYTES,
}
"""Content that the client hands on as it is."""


class GenerationError(Exception):
    """The package cannot be generated; the message says which part of the document stands in the way."""


def generate_client(document: Mapping[str, Any], out: Path) -> list[str]:
    """Write the document and the package into a folder; what was there of them is replaced.

    Args:
        document: OpenAPI.
        out: gets `openapi.json`, `setup.py`, `README.md` and the package.

    Returns:
        What the generator had to leave out, a line each.

    Raises:
        GenerationError: There is no package.

    """
    try:
        from openapi_python_client import generate, strings
        from openapi_python_client.config import Config, ConfigFile, MetaType
        from openapi_python_client.parser.errors import ErrorLevel
    except ModuleNotFoundError:
        raise GenerationError(
            "the generator is not installed; it is one of the development requirements: pip install -r locks/dev.txt"
        ) from None

    if "/" not in strings.DELIMITERS:  # harassment/threatening becomes harassment_threatening, not one long word
        strings.DELIMITERS += "/"
    out.mkdir(parents=True, exist_ok=True)
    path = out / OPENAPI
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    ruff = f"{shlex.quote(sys.executable)} -m ruff"
    settings = ConfigFile(
        project_name_override=PROJECT,
        package_name_override=PACKAGE,
        content_type_overrides=_AS_BYTES,
        docstrings_on_attributes=True,
        post_hooks=[f"{ruff} check --quiet --fix-only --extend-select=I .", f"{ruff} format --quiet ."],
    )
    config = Config.from_sources(settings, MetaType.SETUP, path, "utf-8", overwrite=True, output_path=out)
    with redirect_stdout(io.StringIO()):  # it prints where it writes
        problems = generate(config=config)
    failed = [problem for problem in problems if problem.level is ErrorLevel.ERROR]
    if failed or not (out / PACKAGE / "client.py").is_file():
        raise GenerationError("; ".join(problem.header for problem in failed) or "the generator wrote no package")
    return [f"{problem.header}: {(problem.detail or '').strip().splitlines()[0]}" for problem in problems]
