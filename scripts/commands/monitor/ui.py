"""`weir monitor ui`: the dashboards in a browser."""

import socket
from typing import Annotated

import typer

from scripts.commands.monitor.console import HomeOption, err, user_errors


def ui(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8000,
    host: Annotated[
        str, typer.Option(help="Address to listen on. The pages know no users: others than this machine read all.")
    ] = "127.0.0.1",
    home: HomeOption = None,
) -> None:
    """Open the dashboards: a project for each bundle, and in it what every look has found, over time.

    What `weir monitor run` finds meanwhile appears when the page is loaded again. Nothing is sent anywhere.

    Examples:
        weir monitor ui
        weir monitor ui --port 8080

    """
    from monitoring.home import Home
    from monitoring.settings import load_settings

    with user_errors():
        folder = Home(home or load_settings().home).make()
        _check_free(host, port)
        if not any(folder.workspace.glob("*/snapshots/*.json")):
            err.print("No look has been kept yet: `weir monitor run` makes one; the page says how to begin.")
        print(f"Dashboards: http://{host}:{port} (Ctrl-C ends it)", flush=True)
        from monitoring.dashboard.serving import serve

        serve(folder, port, host)


def _check_free(host: str, port: int) -> None:
    """Say so before some seconds of loading.

    Raises:
        MonitoringError: somebody else listens there, or there is no such address.

    """
    from monitoring.errors import MonitoringError

    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise MonitoringError(
            f"{host}:{port} cannot be listened on: {error.strerror}; choose another --port"
        ) from error
