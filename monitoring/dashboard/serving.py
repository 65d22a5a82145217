"""Serving: Evidently's pages over the workspace, to this machine alone, and nothing told to anybody."""

import os
from collections.abc import Mapping
from typing import Final

import uvicorn
from evidently.ui.service.app import create_app, get_config

from monitoring.dashboard.workspace import open_notice
from monitoring.home import Home

LOCAL: Final = "127.0.0.1"
"""The pages know no users: whoever reaches them reads everything and can delete it."""
START: Final = "How to start"
STEPS: Final[Mapping[str, str]] = {
    "1. A reference": "weir monitor reference build --from ... --to ... freezes a period that was as it should be. "
    "Bundles that ship have one from evaluation data, which is enough to begin with.",
    "2. A look": "weir monitor run looks at the newest hour, six hours and day, and adds a snapshot to the project "
    "of the bundle that decided; weir monitor run --every 1h keeps doing so. The project appears here by itself.",
    "3. What it means": "Verdicts say clear, changed or undetermined; undetermined is no all-clear. Each snapshot "
    "(Reports) names what changed, since when, which items show it and what to do. docs/dashboards.md explains "
    "every panel.",
}


def serve(home: Home, port: int, host: str = LOCAL) -> None:
    """Serve until the process is stopped.

    Snapshots that are published meanwhile appear by themselves.

    Args:
        home: whose workspace is shown.
        port: to listen on.
        host: address to listen on; another one than this machine's own is for networks where everybody may read and
            delete.

    """
    os.environ["DO_NOT_TRACK"] = "1"
    folder = home.make().workspace
    open_notice(folder, START, STEPS)
    config = get_config(host=host, port=port, workspace=str(folder))
    config.telemetry.enabled = False
    uvicorn.run(create_app(config), host=host, port=port, log_level="warning", access_log=False)
