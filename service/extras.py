"""Extras: what only some deployments need, and how each is installed beside what serves already."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from service.settings import Settings


class Extra(NamedTuple):
    """An extra of `pyproject.toml`: the module that it brings, and what is installed for it."""

    module: str
    requirement: str


EXTRAS: Final = {
    "redis": Extra("redis", "redis>=8.1,<9"),
    "otel": Extra("opentelemetry.exporter.otlp.proto.http", "opentelemetry-exporter-otlp-proto-http>=1.45,<2"),
    "postgres": Extra("psycopg", "psycopg[binary]>=3.2,<4"),
    "parquet": Extra("pyarrow", "pyarrow>=26,<27"),
}
"""As `pyproject.toml` has them; a test holds both together. The package itself is on no index, so that none of them
can be installed by `weir[...]` outside a checkout."""
_PSYCOPG: Final = frozenset({"postgresql", "postgresql+psycopg"})


class ExtraMissingError(Exception):
    """A setting needs what is not installed; the message says which extra, and how to install it."""


def how_to_install(name: str) -> str:
    """An extra and the command that brings it into the environment that runs this.

    >>> how_to_install("redis").startswith("the extra redis: ")
    True
    """
    python = Path(sys.executable)
    shown = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    return f"the extra {name}: {shown} -m pip install '{EXTRAS[name].requirement}'"


def is_installed(name: str) -> bool:
    """Whether an extra's module can be imported; it is not imported to find out."""
    try:
        return find_spec(EXTRAS[name].module) is not None
    except (ModuleNotFoundError, ValueError):  # the package that it lies in is missing, or the module is barred
        return False


def require_extras(settings: Settings) -> None:
    """Find what the settings need and the environment lacks, before a worker dies of it again and again.

    Raises:
        ExtraMissingError: An extra is missing.

    """
    for variable, name in _wanted(settings):
        if not is_installed(name):
            raise ExtraMissingError(f"{variable} needs {how_to_install(name)}")


def _wanted(settings: Settings) -> list[tuple[str, str]]:
    wanted = []
    if settings.cache_url is not None and settings.cache_entries:
        wanted.append(("WEIR_CACHE_URL", "redis"))
    if settings.traces or (settings.traces is None and settings.otlp_endpoint is not None):
        variable = "WEIR_TRACES" if settings.traces else "OTEL_EXPORTER_OTLP_ENDPOINT (without WEIR_TRACES=false)"
        wanted.append((variable, "otel"))
    if _driver(settings.database_url) in _PSYCOPG:
        wanted.append(("WEIR_DATABASE_URL", "postgres"))
    return wanted


def _driver(url: str) -> str:
    try:
        return make_url(url).drivername
    except ArgumentError:
        return ""  # `open_database` says what is wrong with it
