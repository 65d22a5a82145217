"""`weir monitor pictures`: the dashboards as images."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.monitor.console import HomeOption, err, user_errors


def pictures(
    project: Annotated[str, typer.Argument(help="Name of the project: the bundle and its version.")],
    out: Annotated[Path, typer.Option(help="Folder for monitor-*.png.")] = Path("docs/figures"),
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port for the dashboards meanwhile.")] = 8019,
    home: HomeOption = None,
) -> None:
    """Write pictures of the dashboards, of the newest look and of the newest report, taken by Chromium.

    Examples:
        weir monitor pictures "text-minilm 0.6.0"

    """
    with user_errors():
        from monitoring.home import Home
        from monitoring.settings import load_settings
        from scripts.figures.dashboards import take_pictures

        with err.status("taking pictures"):
            taken = take_pictures(Home(home or load_settings().home), project, out, port)
    for path in taken:
        print(f"{path} ({path.stat().st_size / 1000:.0f} kB)")
