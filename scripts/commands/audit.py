"""`weir audit` and `weir erase`: prove that the log is whole, purge it, report from it, forget one author."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from scripts.commands.audit_console import (
    TAMPERED,
    AsJson,
    Database,
    actor,
    fail,
    opened,
    print_json,
    progress,
    read_span,
    say,
    say_database,
    written_moment,
)

if TYPE_CHECKING:
    from service.accountability.findings import AuditReport
    from service.records.ledger import Head

app = typer.Typer(
    help="Prove that the log of decisions is whole, purge what is too old, export statements of reasons.\n\n"
    "Every decision and every event is an entry of one hash chain. The commands work on the database that "
    "WEIR_DATABASE_URL names (by default weir.db in the current folder), also while servers run. "
    "docs/accountability.md tells more.",
    no_args_is_help=True,
)


@app.command("verify")
def verify(
    database: Database = None,
    expect_head: Annotated[
        str | None,
        typer.Option(help="SEQ:HASH, as `weir audit head` printed it earlier: the chain must contain it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute the whole chain, and hold every decision and event against it. Exit code 1 when anything is wrong.

    Examples:
        weir audit verify
        weir audit verify --expect-head "$(cat /mnt/elsewhere/head.txt)"
        weir audit verify --database postgresql+psycopg://weir@db/weir --json

    """
    from service.accountability.verification import verify as verify_chain

    expected = None if expect_head is None else _read_head(expect_head)
    with opened(database) as (engine, _), progress("verify", hidden=as_json) as report:
        if not as_json:
            say_database(engine)
        found = verify_chain(engine, expected, report)
    if as_json:
        print_json(found)
    else:
        _show(found)
    if not found.valid:
        raise typer.Exit(TAMPERED)


@app.command("head")
def head(database: Database = None, as_json: AsJson = False) -> None:
    """Print the end of the chain. Keep it where nobody who can write to the database can: that makes the log provable.

    Examples:
        weir audit head >> /mnt/elsewhere/heads.txt
        weir audit head | gpg --clearsign

    """
    from service.accountability.verification import read_current_head

    with opened(database) as (engine, _):
        found = read_current_head(engine)
    if as_json:
        print_json(found)
    else:
        sys.stdout.write(found.head + "\n")


@app.command("purge")
def purge(
    database: Database = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete what is older than the settings WEIR_RETAIN_... allow, kind by kind. Servers do it by themselves too.

    Examples:
        weir audit purge --dry-run
        WEIR_RETAIN_DECISIONS_DAYS=365 weir audit purge

    """
    import time

    from service.accountability.purging import purge as purge_kinds
    from service.accountability.registry import retained_kinds

    with opened(database) as (engine, settings):
        if not as_json:
            say_database(engine)
        kinds = retained_kinds(settings)
        if dry_run:
            now_us = time.time_ns() // 1000
            with engine.connect() as connection:
                counts = {
                    kind.kind: kind.overdue(connection, kind.before_us(now_us)) if kind.days else 0 for kind in kinds
                }
        else:
            with progress("purge", hidden=as_json) as report:
                gone: dict[str, int] = {}

                def count(kind: str, n_rows: int) -> None:
                    gone[kind] = n_rows
                    report(sum(gone.values()), None)

                counts = purge_kinds(engine, kinds, actor(), count)
    if as_json:
        sys.stdout.write(json.dumps(counts, indent=2) + "\n")
        return
    table = Table("kind", "kept for", "would go" if dry_run else "gone")
    for kind in kinds:
        table.add_row(kind.kind, f"{kind.days} days" if kind.days else "ever", str(counts.get(kind.kind, 0)))
    Console().print(table)


@app.command("dsa")
def dsa(
    since: Annotated[str, typer.Option(help="Decisions from this day or time on, UTC, or the last 12h, 7d, 4w.")],
    out: Annotated[Path, typer.Option(help="Folder for the batches; made where it is missing.")],
    until: Annotated[
        str, typer.Option(help="Decisions before this day or time, UTC; the day of --since means that one day.")
    ] = "now",
    platform_config: Annotated[
        Path | None, typer.Option(help="What your platform adds (YAML); by default that of WEIR_DSA_PLATFORM.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Decisions of this tenant only.")] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Export statements of reasons for all decisions that restrict, in the schema of the EU's Transparency Database.

    Each file holds at most 100 statements: the body of one request to its batch endpoint.

    Examples:
        weir audit dsa --since 2026-11-01 --until 2026-12-01 --out statements/november
        weir audit dsa --since 7d --out statements/week
        weir audit dsa --since 2026-11-01 --until 2026-11-01 --out day --platform-config dsa.yaml --tenant news

    """
    import time

    from service.accountability.dsa.exporting import Span, export
    from service.accountability.dsa.platform import load_platform
    from service.records.ledger import record_event, write_transaction

    span = Span(*read_span(since, until, time.time_ns() // 1000), tenant)
    with opened(database) as (engine, settings), progress("decisions", hidden=as_json) as report:
        platform = load_platform(platform_config or settings.dsa_platform)
        exported = export(engine, platform, span, out, lambda n_read: report(n_read, None))
        moments = {"since": written_moment(span.since_us), "until": written_moment(span.until_us)}
        said = {**moments, **exported._asdict()}
        with write_transaction(engine) as connection:
            record_event(connection, "dsa.exported", actor(), tenant, said)
    if as_json:
        sys.stdout.write(json.dumps(exported._asdict(), indent=2) + "\n")
    else:
        say(f"{exported.n_statements} statements in {exported.n_batches} files in {out}")


def erase(
    subject: Annotated[str, typer.Option(help="The author's id, as your requests name it (context.author.id).")],
    tenant: Annotated[str | None, typer.Option(help="Only within this tenant.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Forget one author: what the log has of the person goes, the decisions stay, and the chain still verifies.

    It takes the same digest key as the servers: set WEIR_DIGEST_KEY here if it is set there. Erasing again is harmless.

    Examples:
        weir erase --subject user-4711
        weir erase --subject user-4711 --tenant news --yes

    """
    from service.accountability.erasure import count_decisions
    from service.accountability.erasure import erase as erase_author
    from service.accountability.registry import erasers
    from service.records.log import open_digester

    with opened(database) as (engine, settings):
        if not as_json:
            say_database(engine)
        digest = open_digester(engine, settings).subject(subject)
        if not yes:
            n_decisions = count_decisions(engine, digest, tenant)
            if not typer.confirm(f"Erase this author from {n_decisions} decisions, for ever?", err=True):
                fail("nothing was erased")
        erased = erase_author(engine, digest, tenant, actor(), erasers())
    if as_json:
        print_json(erased)
        return
    others = "".join(f", {count} rows of {kind}" for kind, count in erased.rows.items())
    say(f"erased from {erased.decisions} decisions{others}")


def _read_head(text: str) -> "Head":
    from service.records.ledger import Head

    seq, _, digest = text.strip().partition(":")
    try:
        found = Head(int(seq), bytes.fromhex(digest))
    except ValueError:
        fail("--expect-head is SEQ:HASH, as `weir audit head` prints it")
    if found.seq < 0 or len(found.hash) != 32:  # noqa: PLR2004 - bytes of a hash
        fail("--expect-head is SEQ:HASH, as `weir audit head` prints it")
    return found


def _show(found: "AuditReport") -> None:
    erased = f", {found.n_erased} of them erased" if found.n_erased else ""
    purged = f"; purged up to entry {found.purged_through}" if found.purged_through else ""
    what = f"{found.n_entries} entries: {found.n_decisions} decisions{erased}, {found.n_events} events{purged}"
    if found.valid:
        say(f"valid: {what}", style="green")
        sys.stdout.write(found.head.head + "\n")
        return
    table = Table("entry", Column("id", no_wrap=True), "problem", "")
    for problem in found.problems:
        seq = "-" if problem.seq is None else str(problem.seq)
        table.add_row(seq, problem.entry_id or "-", problem.kind.value, problem.detail)
    Console().print(table)
    more = f" (the first {len(found.problems)} are shown)" if found.n_problems > len(found.problems) else ""
    say(f"NOT valid: {found.n_problems} problems{more} in {what}", style="red")
