"""`weir jobs`: large files of items, decided by a running server in the background."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from scripts.commands.listing import print_listing
from scripts.commands.remote import LOCAL, AsJson, Key, Remote, Url, fail, print_json, say

app = typer.Typer(
    help="Decide large files in the background, one decision an item.\n\n"
    "A file has one JSON object a line, as the items of /v1/decisions have it (id, text, images, context), or is "
    "Parquet with the columns id, text and context. The commands talk to a running server; a job goes on without "
    "them, and after a crash. docs/bulk.md tells more.",
    no_args_is_help=True,
)

JobId = Annotated[str, typer.Argument(help="The job's id.", metavar="JOB_ID")]
_POLL_S = 0.5
_OVER = ("finished", "cancelled", "failed")
_FAILED = 1
_FORMATS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet"}


@app.command("submit")
def submit(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines or Parquet.", metavar="FILE")],
    *,
    kind: Annotated[str | None, typer.Option("--format", help="jsonl or parquet; by default by the name.")] = None,
    name: Annotated[str | None, typer.Option(help="For people; by default the file's name.")] = None,
    context: Annotated[str, typer.Option(help="JSON: what is known of every item.")] = "{}",
    webhook: Annotated[str | None, typer.Option(help="Id of a webhook that is told of the end.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it is finished.")] = False,
    out: Annotated[Path | None, typer.Option(help="With --wait: write the results here.", dir_okay=False)] = None,
    url: Url = LOCAL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Send a file and start deciding it. Prints the job's id.

    Examples:
        weir jobs submit comments.jsonl
        weir jobs submit archive.parquet --context '{"surface": "archive"}' --wait --out results.jsonl
        weir jobs submit comments.jsonl --url https://weir.example.org --key "$WEIR_API_KEY" --json

    """
    remote = Remote(url, key)
    draft: dict[str, Any] = {"format": kind or _format(file)}
    draft |= {"name": (name or file.name)[:128], "context": _json(context), "webhook_id": webhook}
    job_id = remote.ask("POST", "/v1/jobs", draft)["job_id"]
    with _bar("sending", DownloadColumn(), file.stat().st_size) as report:
        remote.send(f"/v1/jobs/{job_id}/input", file, report)
    job = remote.ask("POST", f"/v1/jobs/{job_id}/start")
    say(f"job {job_id} has {job['n_items']} items")
    if wait or out:
        job = _follow(remote, job_id)
        if out:
            _write_results(remote, job_id, 0, out)
    _print(job, as_json=as_json)


@app.command("status")
def status(
    job_id: JobId,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it is over, with a bar.")] = False,
    url: Url = LOCAL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Say how far a job is.

    Examples:
        weir jobs status 0190f3a2-6b1e-7c3a-8d21-5f0e6a9b4c12
        weir jobs status 0190f3a2-6b1e-7c3a-8d21-5f0e6a9b4c12 --wait

    """
    remote = Remote(url, key)
    _print(_follow(remote, job_id) if wait else remote.ask("GET", f"/v1/jobs/{job_id}"), as_json=as_json)


@app.command("results")
def results(
    job_id: JobId,
    out: Annotated[Path | None, typer.Option(help="Write here; by default to standard output.", dir_okay=False)] = None,
    start: Annotated[int, typer.Option(min=0, help="First index: one behind the last that you have.")] = 0,
    url: Url = LOCAL,
    key: Key = None,
) -> None:
    """Get what every item got, a line of JSON each; while the job runs, what is there by now.

    Examples:
        weir jobs results 0190f3a2-6b1e-7c3a-8d21-5f0e6a9b4c12 --out results.jsonl
        weir jobs results 0190f3a2-6b1e-7c3a-8d21-5f0e6a9b4c12 --start 5000 | jq -c 'select(.action == "remove")'

    """
    remote = Remote(url, key)
    if out is not None:
        _write_results(remote, job_id, start, out)
        return
    with remote.lines(f"/v1/jobs/{job_id}/results?start={start}") as lines:
        for line in lines:
            sys.stdout.buffer.write(line)


@app.command("cancel")
def cancel(job_id: JobId, url: Url = LOCAL, key: Key = None, as_json: AsJson = False) -> None:
    """Stop a job; what was decided stays decided."""
    _print(Remote(url, key).ask("POST", f"/v1/jobs/{job_id}/cancel"), as_json=as_json)


@app.command("delete")
def delete(job_id: JobId, url: Url = LOCAL, key: Key = None) -> None:
    """Delete a job with its file and its list of results; the decisions stay in the log."""
    Remote(url, key).ask("DELETE", f"/v1/jobs/{job_id}")
    say(f"deleted job {job_id}")


@app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, max=200, help="Show so many.")] = 20,
    state: Annotated[str | None, typer.Option(help="created, queued, running, finished, cancelled or failed.")] = None,
    url: Url = LOCAL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """List jobs, the newest first.

    Examples:
        weir jobs list --state running

    """
    wanted = f"&state={state}" if state else ""
    jobs = Remote(url, key).ask("GET", f"/v1/jobs?limit={limit}{wanted}")["jobs"]
    if as_json:
        print_json(jobs)
        return
    titles = ("job", "name", "state", "items", "decided", "failed", "items/s", "made")
    print_listing(titles, [_row(job) for job in jobs])


def _row(job: dict[str, Any]) -> tuple[str, ...]:
    counts = (str(job["n_items"] or "-"), str(job["n_decided"]), str(job["n_failed"]))
    return (job["job_id"], job["name"] or "-", job["state"], *counts, _rate(job), job["created_at"][:16])


def _follow(remote: Remote, job_id: str) -> dict[str, Any]:
    """Show a bar until a job is over."""
    job: dict[str, Any] = remote.ask("GET", f"/v1/jobs/{job_id}")
    with _bar("deciding", MofNCompleteColumn(), job["n_items"]) as report:
        while job["state"] not in _OVER:
            time.sleep(_POLL_S)
            job = remote.ask("GET", f"/v1/jobs/{job_id}")
            report(job["n_decided"] + job["n_failed"])
    return job


def _write_results(remote: Remote, job_id: str, start: int, out: Path) -> None:
    n_lines = 0
    with remote.lines(f"/v1/jobs/{job_id}/results?start={start}") as lines, out.open("wb") as file:
        for line in lines:
            file.write(line)
            n_lines += 1
    say(f"wrote {n_lines} results to {out}")


def _print(job: dict[str, Any], *, as_json: bool) -> None:
    """A job as a line or as JSON; exit code 1 when it failed."""
    if as_json:
        print_json(job)
    else:
        n_items = "-" if job["n_items"] is None else job["n_items"]
        done = f"{job['n_decided']} decided, {job['n_failed']} failed of {n_items}"
        left = f", {job['eta_s']:.0f} s left" if job["eta_s"] is not None else ""
        typer.echo(f"{job['job_id']}  {job['state']}  {done}, {_rate(job)} items/s{left}")
    if job["state"] == "failed":
        say(f"the job failed: {job['error']}")
        raise typer.Exit(_FAILED)


def _rate(job: dict[str, Any]) -> str:
    return "-" if job["items_per_s"] is None else f"{job['items_per_s']:.1f}"


def _format(file: Path) -> str:
    """What the name says: a file of another name is refused before it is sent for nothing."""
    known = _FORMATS.get(file.suffix.lower())
    if known is None:
        fail(f"the name ends in none of {', '.join(_FORMATS)}: say --format jsonl or --format parquet")
    return known


def _json(text: str) -> Any:  # noqa: ANN401 - the server says what is legal
    try:
        return json.loads(text)
    except ValueError:
        fail('--context is JSON, such as \'{"surface": "archive"}\'')


@contextmanager
def _bar(title: str, column: DownloadColumn | MofNCompleteColumn, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; the function takes what is done so far."""
    columns = (TextColumn("{task.description}"), BarColumn(), column, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda n_done: bar.update(task, completed=n_done)
