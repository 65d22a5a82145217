"""`weir serve`: start the service, a worker a core."""

import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from service.access.listening import Door
    from service.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
USER_ERROR = 2
LOOPBACK = "127.0.0.1"
KEEP_ALIVE_S = 75
"""Longer than the idle timeout of common load balancers (60 s), so that they close connections and not the server."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
"""A worker is one core; libraries that start a thread a core in every worker make all of them slower."""


def serve(
    port: Annotated[int, typer.Option(envvar="PORT", min=0, max=65535, help="Port to listen on.")] = 3000,
    host: Annotated[str, typer.Option(envvar="HOST", help="IP address to listen on.")] = LOOPBACK,
    workers: Annotated[
        str, typer.Option(envvar="WORKERS", help="Worker processes: a number, or cpu_count.")
    ] = "cpu_count",
) -> None:
    """Serve the API and the page. Settings are environment variables: `weir settings` lists them.

    Without API keys the service is open, and so listens on this machine only. To serve others, make a key first.

    Examples:
        weir serve
        weir key create --name shop && HOST=0.0.0.0 weir serve
        WEIR_REQUIRE_KEYS=true WEIR_ADMIN_TOKEN=... weir serve --host 0.0.0.0 --port 80

    """
    if workers != "cpu_count" and not (workers.isdigit() and int(workers) > 0):
        raise typer.BadParameter("a number above 0, or cpu_count", param_hint="--workers")
    anchored = _check(host, port)
    count: int | str = workers if workers == "cpu_count" else int(workers)
    environment = {
        **ONE_THREAD,
        "BENTOML_DO_NOT_TRACK": "True",
        **anchored,
        "WEIR_SUPERVISOR": str(os.getpid()),
        "BENTOML_CONFIG_OVERRIDES": json.dumps({"services": {"weir": {"workers": count}}}),
    }
    command = [sys.executable, "-m", "bentoml", "serve", "service.app:Weir", "--working-dir", str(ROOT)]
    options = ["--host", host, "--port", str(port), "--timeout-keep-alive", str(KEEP_ALIVE_S)]
    os.execve(sys.executable, [*command, *options], environment)  # noqa: S606 - replaces this process, without a shell


def _check(host: str, port: int) -> dict[str, str]:
    """Find mistakes before any worker starts: a worker that cannot start is started over and over.

    Returns the environment for workers, whose paths are absolute: workers run in another folder.
    """
    from models.runtime.bundle import BundleError
    from service.access.listening import AddressError, NotGuardedError, require_free, require_guard
    from service.accountability.dsa.platform import PlatformError, load_platform
    from service.anchoring import anchored
    from service.bundles import BundlesError, find_bundles
    from service.extras import ExtraMissingError, require_extras
    from service.fetching.opening import read_rules
    from service.naming import found_bundles, name_models
    from service.policy.document import PolicyError, load_policy
    from service.records.opening import missing_file
    from service.records.schema import DatabaseError
    from service.settings import SettingsError, load_settings

    try:
        settings = load_settings()
        require_extras(settings)
        load_policy(settings.policy)
        name_models(found_bundles(find_bundles(settings.bundles)), settings.model_aliases)
        read_rules(settings)
        load_platform(settings.dsa_platform)
        missing = missing_file(settings.database_url)
        environment = anchored(os.environ, settings)
        door = require_guard(host, settings)
        require_free(host, port)
    except (
        SettingsError,
        ExtraMissingError,
        PolicyError,
        BundlesError,
        BundleError,
        DatabaseError,
        NotGuardedError,
        PlatformError,
        AddressError,
    ) as error:
        Console(stderr=True).print(f"weir serve: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(USER_ERROR) from None
    _announce(settings, door, missing)
    return environment


def _announce(settings: "Settings", door: "Door", made: Path | None) -> None:
    """Say what whoever starts the service should know, in the format of the log."""
    from service.access.banner import door_lines, framed, token_warning
    from service.settings_names import strange_names
    from service.telemetry.logs import is_json, log_line

    where = f"made the database {made}" if made is not None else None
    notes = [*filter(None, [where, token_warning(settings.admin_token)]), *strange_names(os.environ)]
    lines = door_lines(door)
    if is_json(settings.log_format):
        for words in [*notes, *filter(None, [" ".join(lines)])]:
            level = logging.INFO if words == where else logging.WARNING
            print(log_line("bentoml.weir.serve", level, words), file=sys.stderr, flush=True)
        return
    console = Console(stderr=True)
    for note in notes:
        style = None if note == where else "yellow"
        console.print(f"weir serve: {note}", style=style, markup=False, highlight=False, soft_wrap=True)
    if lines:
        console.print(framed(lines), style="bold yellow", markup=False, highlight=False)
