"""`weir bench`: repeatable measurements, side by side.

A command takes its options, runs a bench of `scripts/bench` and shows or writes its report. It stands in the module of
what it measures, or in a new one where none fits, and is named below, in the order of `--help`.
"""

import typer

from scripts.commands.bench import comparing, drifting, monitoring, policies, recording, serving

app = typer.Typer(help="Measure Weir beside other ways to serve the same bundle.", no_args_is_help=True)

app.command("serve")(serving.serve)
app.command("pictures")(serving.pictures)
app.command("paired")(comparing.paired)
app.command("cache")(comparing.cache)
app.command("replay")(policies.replay)
app.command("startup")(serving.startup)
app.command("kills")(recording.kills)
app.command("records")(recording.records)
app.command("features")(recording.features)
app.command("tune")(serving.tune)
app.command("policy")(policies.policy)
app.command("drift")(drifting.drift)
app.command("monitor")(monitoring.monitor)
