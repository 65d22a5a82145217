"""The benchmark of pictures for people: tables of the terminal, and the section of the document."""

from collections.abc import Sequence
from typing import Final

from scripts.bench.matching_report import Sheet
from scripts.bench.pictures import PictureReport
from scripts.bench.pictures_costs import KINDS, STAGES, StageCost, total_ms
from scripts.bench.pictures_known import N_KNOWN
from scripts.bench.pictures_loads import LOADS, N_REQUESTS, PictureLoad
from scripts.bench.pictures_made import HEIGHT, JPEG_QUALITY, WIDTH
from scripts.bench.pictures_results import PictureRow, picture_rows
from scripts.bench.report import machine_line

SECTION: Final = "weir bench pictures"
_LOADS: Final = {load.name: load for load in LOADS}
_COLUMNS: Final = (
    "request", "requests/s", "p50 ms", "p99 ms", "CPU ms/request", "lowest to highest", "demanded", "pictures read",
    "requests", "errors",
)  # fmt: skip
_BANK_STAGES: Final = ("PDQ, 8 orientations", "bank look-up")


def picture_sheets(report: PictureReport) -> list[Sheet]:
    """The table of requests and the table of stages."""
    rows = picture_rows(report.measurements)
    requests = Sheet("Requests, from the socket to the answer", _COLUMNS, tuple(_cells(row) for row in rows))
    return [requests, _stages_sheet(report.stages)]


def picture_section(report: PictureReport) -> str:
    """The Markdown section: what was run, where, and what came out."""
    requests, stages = picture_sheets(report)
    parts = [
        "## Pictures",
        _method_text(report),
        machine_line(report.machine),
        requests.markdown(),
        _requests_text(picture_rows(report.measurements)),
        stages.markdown(),
        _stages_text(report),
    ]
    return "\n\n".join(part for part in parts if part)


def _method_text(report: PictureReport) -> str:
    settings = report.settings
    return (
        f"`weir bench pictures`: `weir serve` as shipped with {settings.n_workers} workers and the bundles "
        f"{', '.join(report.bundles)}; {settings.repeats} interleaved rounds, {settings.seconds:g} s a measurement "
        f"after {settings.warmup_s:g} s of warm-up, requests in flight 2 unless a row says otherwise. Every load has "
        f"{N_REQUESTS} different requests of {N_REQUESTS} pictures of {WIDTH} x {HEIGHT} that are drawn from numbers "
        f"(JPEG of quality {JPEG_QUALITY}), posted to `/v1/decisions` in base64; every decision is recorded in SQLite. "
        "CPU time is that of all processes of the server, warm-up included, divided by its answers: milliseconds of "
        "one core. Rates and CPU time are medians over rounds, latencies are of the requests of all rounds together; "
        "errors are non-2xx answers, broken connections, timeouts, dead workers, and checked answers without a "
        "decision, without "
        f"evidence of every picture, or with words found and not read. The bank holds {N_KNOWN:,} pictures by PDQ and "
        "embedding, none of which is posted."
    )


def _cells(row: PictureRow) -> tuple[str, ...]:
    load = _LOADS[row.load]
    return (
        load.title,
        f"{row.requests_per_s:.1f}",
        f"{row.p50_ms:.0f}",
        f"{row.p99_ms:.0f}",
        f"{row.cpu_ms:.1f}",
        f"{row.lowest_cpu_ms:.1f} to {row.highest_cpu_ms:.1f}",
        _demand(load),
        f"{row.n_read} of {row.n_checked}",
        str(row.n_requests),
        str(row.errors),
    )


def _demand(load: PictureLoad) -> str:
    return "" if load.max_cpu_ms is None else f"under {load.max_cpu_ms:.0f}"


def _requests_text(rows: Sequence[PictureRow]) -> str:
    """What reading adds, and which demands are met and missed."""
    held = [row for row in rows if _LOADS[row.load].max_cpu_ms is not None]
    missed = [_LOADS[row.load].title for row in held if row.cpu_ms >= (_LOADS[row.load].max_cpu_ms or 0.0)]
    verdict = f"Missed by: {'; '.join(missed)}." if missed else "The demand is met by every row that it is made of."
    by_name = {row.load: row for row in rows}
    if "meme" not in by_name or "photo_jpeg" not in by_name:
        return verdict
    words_ms = by_name["meme"].cpu_ms - by_name["photo_jpeg"].cpu_ms
    return (
        f"{verdict} The words in a meme cost {words_ms:.0f} ms of one core more than a photograph without any: reading "
        "is by far the dearest step, which is why a gate decides whether to read at all."
    )


def _stages_sheet(stages: Sequence[StageCost]) -> Sheet:
    """One row a stage and a column a kind: the median, and the range in brackets."""
    found = {(cost.stage, cost.kind): cost for cost in stages}
    rows = [(stage, *(_cost_cell(found.get((stage, kind))) for kind in KINDS)) for stage in STAGES]
    total = ("sum of the medians", *(f"{total_ms(stages, kind):.2f}" for kind in KINDS))
    return Sheet("Stages, inside one process", ("stage", *KINDS.values()), (*rows, total))


def _cost_cell(cost: StageCost | None) -> str:
    if cost is None or cost.median_ms is None:
        return "-"
    return f"{cost.median_ms:.2f} ({cost.lowest_ms:.2f} to {cost.highest_ms:.2f})"


def _stages_text(report: PictureReport) -> str:
    bank = {
        kind: sum(cost.median_ms or 0.0 for cost in report.stages if cost.kind == kind and cost.stage in _BANK_STAGES)
        for kind in KINDS
    }
    return (
        "Milliseconds of processor time of one picture posted alone: median (lowest to highest) over the same pictures "
        "looked at in turns, on one thread. `prepare` is squashing to the model's square and the brightness of a "
        "record; the text model and fusion run only where words were read or posted; PDQ and the look-up run only "
        f"where there are banks ({bank['photo_jpeg']:.1f} ms of a photograph). What a request costs beyond that is "
        "HTTP, base64, JSON, the queues between threads and the record."
    )
