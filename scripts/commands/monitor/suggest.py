"""`weir monitor suggest`: the decisions whose labels would teach most, and their way into the review queue."""

import getpass
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from scripts.commands.listing import print_listing
from scripts.commands.monitor.console import CLEAR, UNDETERMINED, HomeOption, JsonOption, SourceOption, err, user_errors

if TYPE_CHECKING:
    from models.contracts.base import Value
    from monitoring.home import Home
    from monitoring.settings import MonitorSettings
    from monitoring.suggestions.suggesting import Suggested
    from monitoring.windows.window import Period
    from service.reviews.suggesting import Queued

_CALM: Final = "no open alarm asks for labels, so nothing is suggested; --force suggests anyway"
_BLIND: Final = (
    "the monitor has not looked, or its last look could not say anything (weir monitor status), so nothing is known to "
    "have changed; make a look with weir monitor run, or suggest anyway with --force"
)


def suggest(
    n: Annotated[int, typer.Option("--n", "-n", min=1, max=10_000, help="Suggest so many at most.")] = 200,
    hours: Annotated[float, typer.Option(min=0.01, help="Look at decisions of so many hours.")] = 24.0,
    until: Annotated[str, typer.Option(help="Up to this moment: ISO 8601, now, or an age such as 2h.")] = "now",
    send: Annotated[
        bool, typer.Option("--send", help="Put them into the review queue of the store that WEIR_DATABASE_URL names.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Suggest although no alarm asks for labels.")] = False,
    home: HomeOption = None,
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pick decisions to label: new to the models, at a threshold, or rare; with --send, queue them for reviewers.

    Exit codes: 0 suggested, or no alarm asks for labels; 4 there are no decisions, or the monitor has not seen any.

    Labels cost people's time, so nothing is suggested unless an open alarm says that content, scores or quality have
    changed (`weir monitor alarms list`), or --force is given.

    Examples:
        weir monitor suggest --n 200
        weir monitor suggest --n 50 --hours 6 --force --send

    """
    from monitoring.settings import load_settings

    with user_errors():
        settings = load_settings()
        folder = _home(home or settings.home)
        why = _alarms(folder, settings)
        if not why and not force:
            is_blind = not _has_looked(folder)
            _say(_BLIND if is_blind else _CALM, as_json=as_json)
            raise typer.Exit(UNDETERMINED if is_blind else CLEAR)
        found = _find(source or settings.decisions, folder, settings, _period(until, hours), n)
    queued = _send(found) if send and found.suggestions else None
    if as_json:
        _print_json(found, queued, why)
    else:
        _print(found, queued, why)
    if not found.n_decisions:
        raise typer.Exit(UNDETERMINED)


def _period(until: str, hours: float) -> "Period":
    from monitoring.windows.window import Period
    from scripts.commands.monitor.times import read_hours, read_moment_us

    end_us = read_moment_us(until, "--until", time.time_ns() // 1000)
    return Period(end_us - read_hours(hours, "--hours"), end_us)


def _home(path: Path) -> "Home":
    from monitoring.home import Home

    return Home(path)


def _alarms(home: "Home", settings: "MonitorSettings") -> list[str]:
    """Titles of the open alarms that labels would help with; none where no monitor has run."""
    from monitoring.alarms.loading import load_rules
    from monitoring.state.state import reading_state
    from monitoring.suggestions.confirming import ask_for_labels

    if not home.state.is_file():
        return []
    with reading_state(home) as state:
        return [alarm.title for alarm in ask_for_labels(state.alarms(), load_rules(settings.rules))]


def _has_looked(home: "Home") -> bool:
    """Whether the last look could say what the traffic is like, so that no alarm means that there is nothing to do."""
    from monitoring.state.runs import RunStatus
    from monitoring.state.state import reading_state

    if not home.state.is_file():
        return False
    with reading_state(home) as state:
        run = state.last_run(time.time_ns() // 1000)
    return run is not None and run.status in (RunStatus.CLEAR, RunStatus.CHANGED)


def _find(where: str, home: "Home", settings: "MonitorSettings", period: "Period", n: int) -> "Suggested":
    from monitoring.reference.storing import find_reference
    from monitoring.suggestions.suggesting import suggest_from
    from monitoring.windows.source import open_source

    with open_source(where) as opened:
        return suggest_from(
            opened,
            period,
            lambda digest: find_reference(digest, home, settings.bundles),
            n,
            max_rows=settings.max_rows,
        )


def _send(found: "Suggested") -> "Queued":
    from scripts.commands.reviews_console import open_desk
    from service.reviews.suggesting import queue_suggestions

    with open_desk() as desk:
        reasons = {one.decision_id: one.reason for one in found.suggestions}
        return queue_suggestions(desk, reasons, f"cli:{getpass.getuser()}"[:64])


def _say(message: str, *, as_json: bool) -> None:
    if as_json:
        Console().print_json(data={"suggestions": [], "notes": [message]})
    else:
        err.print(message, markup=False, emoji=False, highlight=False, soft_wrap=True)


def _print_json(found: "Value", queued: "Queued | None", why: list[str]) -> None:
    from dataclasses import asdict

    sent = None if queued is None else asdict(queued)
    Console().print_json(data=found.model_dump(mode="json") | {"alarms": why, "sent": sent})


def _print(found: "Suggested", queued: "Queued | None", why: list[str]) -> None:
    for title in why:
        err.print(f"because: {title}", markup=False, emoji=False, highlight=False, soft_wrap=True)
    rows = [(one.decision_id, one.reason, f"{one.score:.2f}") for one in found.suggestions]
    print_listing(("decision", "why", "strength"), rows)
    looked = f"{len(found.suggestions)} of {found.n_decisions:,} decisions; people have {found.n_known:,} already"
    for line in (looked, *found.notes):
        err.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)
    if queued is None:
        return
    err.print(
        f"queued {queued.n_queued}; in the queue before: {queued.n_known}; not in this store: {queued.n_missing}",
        highlight=False,
    )
    if queued.n_without_content:
        err.print(
            f"{queued.n_without_content} of them have no content here: the log keeps none, and WEIR_REVIEW_CONTENT "
            "keeps that of decisions which enter the queue as they are made. Reviewers see the content_id; show the "
            "item in your own console, and give the texts to `weir labels export --join` afterwards (docs/loop.md).",
            markup=False,
            emoji=False,
            highlight=False,
            soft_wrap=True,
        )
