"""`weir demo`: real posts through a running server, with shifts that monitoring should find."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.commands.progress import bars
from scripts.commands.remote import LOCAL, AsJson, Key, Url, fail, say

app = typer.Typer(help="Try monitoring: real posts as traffic, and shifts to switch on.", no_args_is_help=True)

_SHIFTS = (
    "new_topic, new_slang, obfuscation, spam_flood, language_change, broken_upstream or model_regression; none: "
    "traffic as usual."
)


@app.command("traffic")
def traffic(
    *,
    url: Url = LOCAL,
    key: Key = None,
    shift: Annotated[str | None, typer.Option(help=_SHIFTS)] = None,
    shift_day: Annotated[
        float | None, typer.Option(min=0, help="Simulated days until it begins; by default the last day is shifted.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=60, help="Simulated days.")] = 3,
    posts_a_day: Annotated[int, typer.Option(min=10, max=200_000, help="On average.")] = 2_000,
    rate: Annotated[float, typer.Option(min=0, help="Posts a second at most; 0: as many as the server answers.")] = 0,
    later_url: Annotated[
        str | None, typer.Option(help="Server for the posts after the shift began: the one with the damaged bundle.")
    ] = None,
    data: Annotated[
        Path, typer.Option(help="Folder of the built text set; without one, the texts written for Weir are used.")
    ] = Path("build/data/text"),
    log: Annotated[Path, typer.Option(help="What became of each post: ids and codes, no content.")] = Path(
        "build/demo/traffic.jsonl"
    ),
    seed: Annotated[int, typer.Option(help="Of the choice of posts, their moments and the shift.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Post real labelled posts to a server, in the order in which people wrote them, with or without a shift.

    Days are simulated: the posts go out as fast as the server answers, and `weir demo history` then gives every
    decision its simulated time, in a copy of the store.

    Examples:
        weir demo traffic --days 5
        weir demo traffic --days 3 --shift obfuscation --shift-day 2.5

    """
    from scripts.demo.posts import load_posts
    from scripts.demo.sending import SendingError, Server, send
    from scripts.demo.shifts import ShiftName
    from scripts.demo.traffic import Plan, plan_traffic

    if shift is not None and shift not in set(ShiftName):
        fail(f"no shift {shift}; choose from {', '.join(ShiftName)}")
    name = None if shift is None else ShiftName(shift)
    if name is ShiftName.MODEL_REGRESSION and later_url is None:
        fail("a model regression needs a server with a damaged bundle: weir demo damage, serve it, and --later-url")
    posts = load_posts(data)
    say(f"posts: {posts.origin}")
    begins = days - 1.0 if shift_day is None else shift_day
    items = plan_traffic(posts, Plan(days, posts_a_day, name, begins, seed))
    with bars() as report:
        done = [0]

        def advance(n: int) -> None:
            done[0] += n
            report("posts", done[0], len(items))

        try:
            outcomes = send(items, Server(url, later_url, key), log, rate, advance)
        except SendingError as error:
            fail(str(error))
    told = {"posts": len(items), "outcomes": outcomes, "log": str(log), "shift": shift}
    told |= {"shift_day": begins if shift else None}
    _tell(told, as_json=as_json)


@app.command("history")
def history(
    *,
    store: Annotated[Path, typer.Option(help="SQLite file that the server writes.")] = Path("weir.db"),
    log: Annotated[Path, typer.Option(help="Log of the traffic.")] = Path("build/demo/traffic.jsonl"),
    out: Annotated[Path, typer.Option(help="The copy with simulated times.")] = Path("build/demo/history.db"),
    end: Annotated[
        datetime | None, typer.Option(help="End of the traffic, UTC; by default the last full hour.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy a store, and give the decisions of `weir demo traffic` the times of their simulated days.

    Examples:
        weir demo history --store weir.db --out demo.db

    """
    from scripts.demo.history import HistoryError, write_history

    moment = end or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        found = write_history(store, log, out, round(moment.replace(tzinfo=UTC).timestamp() * 1e6))
    except HistoryError as error:
        fail(str(error))
    began, ended = (datetime.fromtimestamp(at_us / 1e6, UTC).isoformat() for at_us in (found.start_us, found.end_us))
    told = {"store": f"sqlite:///{out}", "decisions": found.n_decisions, "failures": found.n_failures}
    _tell(told | {"from": began, "to": ended}, as_json=as_json)


@app.command("damage")
def damage(
    *,
    bundle: Annotated[Path, typer.Option(help="Folder of the text bundle.")] = Path("models/bundles/text-minilm"),
    out: Annotated[Path, typer.Option(help="Folder of bundles for the copy.")] = Path("build/demo/bundles"),
    as_json: AsJson = False,
) -> None:
    """Copy a text bundle with a damaged calibration: a model regression to serve beside the good one.

    Examples:
        weir demo damage && WEIR_BUNDLES=build/demo/bundles PORT=3001 weir serve

    """
    from models.runtime.bundle import BundleError
    from scripts.demo.damage import DamageError, damage_bundle

    try:
        copy = damage_bundle(bundle, out)
    except (BundleError, DamageError) as error:
        fail(str(error))
    _tell({"bundle": str(copy), "bundles": str(out)}, as_json=as_json)


def _tell(told: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(told, indent=2))
        return
    for name, value in told.items():
        Console().print(f"{name}: {value}", markup=False, highlight=False, soft_wrap=True)
