"""`weir monitor`: drift reports, dashboards, safety metrics and alarms over the decision store."""

import typer

from scripts.commands.monitor import alarms, reference
from scripts.commands.monitor.check import check
from scripts.commands.monitor.compare import compare
from scripts.commands.monitor.console import user_errors
from scripts.commands.monitor.export import export
from scripts.commands.monitor.metrics import metrics
from scripts.commands.monitor.pictures import pictures
from scripts.commands.monitor.report import report
from scripts.commands.monitor.run import run
from scripts.commands.monitor.suggest import suggest
from scripts.commands.monitor.ui import ui

app = typer.Typer(
    help="Watch live moderation: drift, dashboards, safety metrics, alarms. Reads the store, never touches the server.",
    no_args_is_help=True,
)


@app.callback()
def begin() -> None:
    """Watch live moderation: drift, dashboards, safety metrics, alarms. Reads the store, never touches the server."""
    from monitoring.priority import stand_back
    from monitoring.settings import load_settings

    with user_errors():
        stand_back(load_settings().nice)


app.command("export")(export)
app.command("run")(run)
app.command("check")(check)
app.add_typer(reference.app, name="reference")
app.command("metrics")(metrics)
app.command("status")(alarms.status)
app.add_typer(alarms.app, name="alarms")
app.add_typer(alarms.rules_app, name="rules")
app.command("report")(report)
app.command("ui")(ui)
app.command("pictures")(pictures)
app.command("suggest")(suggest)
app.command("compare")(compare)
