"""`weir monitor`: drift reports, dashboards, safety metrics and alarms over the decision store."""

import typer

from scripts.commands.monitor import alarms
from scripts.commands.monitor.export import export
from scripts.commands.monitor.metrics import metrics
from scripts.commands.monitor.report import report
from scripts.commands.monitor.run import run
from scripts.commands.monitor.ui import ui

app = typer.Typer(
    help="Watch live moderation: drift, dashboards, safety metrics, alarms. Reads the store, never touches the server.",
    no_args_is_help=True,
)

app.command("export")(export)
app.command("run")(run)
app.command("metrics")(metrics)
app.command("status")(alarms.status)
app.add_typer(alarms.app, name="alarms")
app.add_typer(alarms.rules_app, name="rules")
app.command("report")(report)
app.command("ui")(ui)
