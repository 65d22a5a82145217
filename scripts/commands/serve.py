"""`weir serve`: start the service, a worker a core."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

ROOT = Path(__file__).resolve().parents[2]
USER_ERROR = 2
LOOPBACK = "127.0.0.1"
OPEN_BANNER = """
  +----------------------------------------------------------------------+
  |  This server is OPEN: it asks nobody for a key.                      |
  |  Whoever reaches it may do everything: decide, review, administrate. |
  |  To close it, make a key:  weir key create --name NAME               |
  +----------------------------------------------------------------------+
"""
KEEP_ALIVE_S = 75
"""Longer than the idle timeout of common load balancers (60 s), so that they close connections and not the server."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
"""A worker is one core; libraries that start a thread a core in every worker make all of them slower."""


def serve(
    port: Annotated[int, typer.Option(envvar="PORT", min=0, max=65535, help="Port to listen on.")] = 3000,
    host: Annotated[str, typer.Option(envvar="HOST", help="Address to listen on.")] = LOOPBACK,
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
    anchored = _check(host)
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


def _check(host: str) -> dict[str, str]:
    """Find mistakes before any worker starts: a worker that cannot start is started over and over.

    Returns the environment for workers, whose paths are absolute: workers run in another folder.
    """
    from models.runtime.bundle import BundleError
    from service.access.listening import NotGuardedError, require_guard
    from service.accountability.dsa.platform import PlatformError, load_platform
    from service.anchoring import anchored
    from service.bundles import BundlesError, find_bundles
    from service.fetching.opening import read_rules
    from service.naming import found_bundles, name_models
    from service.policy.document import PolicyError, load_policy
    from service.records.opening import missing_file
    from service.records.schema import DatabaseError
    from service.settings import SettingsError, load_settings

    try:
        settings = load_settings()
        load_policy(settings.policy)
        name_models(found_bundles(find_bundles(settings.bundles)), settings.model_aliases)
        read_rules(settings)
        load_platform(settings.dsa_platform)
        missing = missing_file(settings.database_url)
        environment = anchored(os.environ, settings)
        is_open = require_guard(host, settings)
    except (
        SettingsError,
        PolicyError,
        BundlesError,
        BundleError,
        DatabaseError,
        NotGuardedError,
        PlatformError,
    ) as error:
        Console(stderr=True).print(f"weir serve: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(USER_ERROR) from None
    if missing is not None:
        made = f"weir serve: the database is new: {missing}"
        Console(stderr=True).print(made, style="yellow", markup=False, highlight=False, soft_wrap=True)
    if is_open:
        Console(stderr=True).print(OPEN_BANNER, style="bold yellow", markup=False, highlight=False)
    return environment
