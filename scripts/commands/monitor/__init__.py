"""`weir monitor`: drift reports, dashboards, safety metrics and alarms over the decision store."""

import typer

from scripts.commands.monitor.export import export

app = typer.Typer(
    help="Watch live moderation: drift, dashboards, safety metrics, alarms. Reads the store, never touches the server.",
    no_args_is_help=True,
)

app.command("export")(export)
