"""`weir policy replay`: what a policy would have done with the decisions of the last days."""

import json
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.commands.policy_console import fail
from scripts.commands.policy_files import file_or_stored
from scripts.commands.policy_operations import AsJson, open_desk, say

if TYPE_CHECKING:
    from service.rollout.replay.running import Replay
    from service.rollout.replay.tally import Changes, Tally

_AGE = re.compile(r"(\d{1,6})(m|h|d|w)")
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def replay(
    policy: Annotated[str, typer.Option(help="The policy to try: a file, or the version of a stored policy.")],
    since: Annotated[
        str, typer.Option(help="From when on: 30m, 24h, 7d, 4w, or a time such as 2026-01-31T12:00.")
    ] = "7d",
    until: Annotated[str, typer.Option(help="Until when; likewise, or now.")] = "now",
    tenant: Annotated[str | None, typer.Option(help="Only this tenant.", show_default=False)] = None,
    surface: Annotated[str | None, typer.Option(help="Only this surface.", show_default=False)] = None,
    samples: Annotated[int, typer.Option(min=0, max=1_000, help="Decisions to name of every change.")] = 5,
    processes: Annotated[int, typer.Option(min=0, max=256, help="0 means one a core.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Judge recorded decisions again by another policy, and show what would have been different.

    Nothing is scored again and nothing changes: the stored scores, what the caller said of each item and what banks
    said are judged by the new policy with the operating points of the bundles of then. Content is not kept, so a list
    counts as occurring only where the record tells it; how many decisions depend on that is shown beside.

    Examples:
        weir policy replay --policy new.yaml --since 7d

        weir policy replay --policy new.yaml --since 24h --tenant acme --samples 20 --json

        weir policy replay --policy 3f9c2a17d0be --since 24h

    """
    from service.rollout.replay.running import Replay
    from service.rollout.replay.selection import Selection
    from service.settings import load_settings

    now_us = round(datetime.now(UTC).timestamp() * 1e6)
    since_us, until_us = moment_us(since, now_us), moment_us(until, now_us)
    if since_us >= until_us:
        fail("--since is not before --until")
    with open_desk() as desk:
        text = file_or_stored(desk, policy).text
        chosen = Selection(since_us, until_us, tenant, surface)
        tally = _run(Replay(load_settings().database_url, text, chosen, samples), processes)
    if as_json:
        sys.stdout.write(json.dumps(as_values(tally), indent=2) + "\n")
    else:
        _print(tally)


def moment_us(text: str, now_us: int) -> int:
    """Microseconds since 1970 of `now`, of an age such as `7d`, or of a time in ISO 8601 (UTC unless it says)."""
    if text == "now":
        return now_us
    if age := _AGE.fullmatch(text):
        return now_us - int(age[1]) * _SECONDS[age[2]] * 1_000_000
    try:
        at = datetime.fromisoformat(text)
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6)
    except (ValueError, OverflowError):
        fail("a time is an age such as 30m, 24h, 7d or 4w, or a moment such as 2026-01-31T12:00")


def as_values(tally: "Tally") -> dict[str, object]:
    """The tally, ready for JSON."""
    return {
        "n_replayed": tally.n_replayed,
        "n_changed": tally.n_changed,
        "n_certain": tally.n_certain,
        "not_replayed": dict(tally.not_replayed),
        "uncertain": [
            {"mildest": mildest, "strictest": strictest, "n_decisions": n}
            for (mildest, strictest), n in tally.uncertain.most_common()
        ],
        "n_reviews_added": tally.n_reviews_added,
        "n_reviews_removed": tally.n_reviews_removed,
        "actions": [
            {"before": before, "after": after, "n_decisions": n, "samples": tally.samples.get((before, after), [])}
            for (before, after), n in tally.pairs.most_common()
        ],
        "by_category": {name: vars(changes) for name, changes in sorted(tally.by_category.items())},
        "by_surface": {name: vars(changes) for name, changes in sorted(tally.by_surface.items())},
    }


def _run(replay: "Replay", n_processes: int) -> "Tally":
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from service.rollout.replay.running import run_replay

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("replaying", total=None)
        return run_replay(
            replay, n_processes, lambda total: bar.update(task, total=total), lambda n: bar.advance(task, n)
        )


def _print(tally: "Tally") -> None:
    console = Console()
    n_all = tally.n_replayed + tally.not_replayed.total()
    share = tally.n_changed / max(1, tally.n_replayed)
    console.print(
        f"{tally.n_replayed:,} of {n_all:,} decisions replayed: {tally.n_changed:,} actions ({share:.2%}) would be "
        f"others, {tally.n_reviews_added:,} reviews more, {tally.n_reviews_removed:,} less"
    )
    if tally.uncertain:
        console.print(
            f"{tally.n_certain:,} of them for certain; {tally.uncertain.total():,} depend on lists of which the record "
            "does not tell, and count below as if no such list occurred:"
        )
    for (mildest, strictest), n_decisions in tally.uncertain.most_common():
        between = f"between {mildest} and {strictest}" if mildest != strictest else f"{mildest}, with a review or not"
        console.print(f"    uncertain: {n_decisions:,} ({between})")
    for why, n_decisions in tally.not_replayed.most_common():
        console.print(f"not replayed: {n_decisions:,} ({why})")
    if tally.n_replayed:
        console.print(_matrix(tally))
    if tally.n_changed:
        console.print(_changes("category", tally.by_category), _changes("surface", tally.by_surface), _samples(tally))
    elif not n_all:
        say("no decision was recorded in that time; WEIR_DATABASE_URL says where they are looked for")


def _matrix(tally: "Tally") -> Table:
    """Rows: what was done. Columns: what the policy would have done."""
    from models.contracts import Action

    seen = [action for action in Action if any(action in pair for pair in tally.pairs)]
    table = Table("was \\ would be", title="actions", title_justify="left")
    for action in seen:
        table.add_column(action.value, justify="right")
    for before in seen:
        counts = [tally.pairs.get((before.value, after.value), 0) for after in seen]
        table.add_row(before.value, *(f"{n:,}" if n else "" for n in counts))
    return table


def _changes(what: str, found: "dict[str, Changes]") -> Table:
    table = Table(what, "stricter", "milder", title=f"changes by {what}", title_justify="left")
    for name, changes in sorted(found.items(), key=lambda entry: -(entry[1].n_stricter + entry[1].n_milder)):
        if changes.n_stricter or changes.n_milder:
            table.add_row(name, f"{changes.n_stricter:,}", f"{changes.n_milder:,}")
    return table


def _samples(tally: "Tally") -> Table:
    table = Table("was", "would be", "decisions", title="samples", title_justify="left")
    for (before, after), n in tally.pairs.most_common():
        if before != after and n:
            table.add_row(before, after, "\n".join(tally.samples.get((before, after), [])))
    return table
