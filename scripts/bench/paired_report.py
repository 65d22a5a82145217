"""Before and after for people: the table of the terminal, and the section of the document."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.bench.answers import TOLERANCE
from scripts.bench.matching_report import Sheet
from scripts.bench.paired import LOADS, PairedReport
from scripts.bench.paired_results import LARGEST_LOSS, Paired
from scripts.bench.report import machine_line
from scripts.bench.results import errors

SECTION: Final = "weir bench paired"
RATE: Final = "texts/s"
COST: Final = "CPU ms/text"
_COLUMNS: Final = ("load", "", "before", "after", "after / before", "95 % interval", "single rounds")


def paired_sheet(report: PairedReport) -> Sheet:
    """One row a load and quantity."""
    titles = {load.name: load.title for load in LOADS}
    rows = tuple(_cells(titles[one.scenario], one) for one in report.compared())
    return Sheet("After divided by before", _COLUMNS, rows)


def paired_section(report: PairedReport) -> str:
    """The Markdown section: what was compared, where, and what came out."""
    parts = [
        "## Text path, before and after",
        _method_text(report),
        machine_line(report.machine),
        paired_sheet(report).markdown(),
        " ".join(verdict(one) for one in report.compared() if one.quantity in {RATE, COST}),
        _errors_text(report),
    ]
    return "\n\n".join(parts)


def verdict(one: Paired) -> str:
    """Whether a rate or a cost stayed within what may be lost, or cannot be told from chance."""
    title = next(load.title for load in LOADS if load.name == one.scenario)
    is_cost = one.quantity == COST
    loss, worst, best = (
        (one.ratio - 1.0, one.high - 1.0, one.low - 1.0) if is_cost else (1 - one.ratio, 1 - one.low, 1 - one.high)
    )
    change = f"{title}, {one.quantity}: {one.ratio - 1.0:+.1%}"
    if worst <= LARGEST_LOSS:
        return f"{change}, within {LARGEST_LOSS:.0%} with the whole interval."
    if best > LARGEST_LOSS:
        return f"{change}, **not within {LARGEST_LOSS:.0%}**."
    within = "within" if loss <= LARGEST_LOSS else "not within"
    return f"{change}, {within} {LARGEST_LOSS:.0%}, but the interval is wider than the demand."


def _method_text(report: PairedReport) -> str:
    before, after = report.trees
    n_rounds = report.compared()[0].n_rounds
    return (
        f"`weir bench paired --before {before.title.split()[0]}`: `weir serve` of revision {before.title} with "
        f"{_names(before.bundles)}, and of {after.title} with {_names(after.bundles)}: the text bundle of each "
        f"revision, and after it all that was added. {report.settings.n_workers} worker each (with several, the way in "
        "which the kernel spreads connections over them moves single rounds by half), the same Python "
        f"environment; {n_rounds} interleaved rounds of {report.settings.seconds:g} s (longer by "
        f"{LOADS[-1].stretch - 1:.0%} for lists), who begins alternates, and the server that is not being measured is "
        "frozen. Ratios are of medians over rounds; their intervals are bootstrapped over rounds, and single rounds "
        f"are the lowest and the highest ratio within one. Demanded: the plain text path loses at most "
        f"{LARGEST_LOSS:.0%}. CPU time, which other work on the machine moves least, is that of all processes of the "
        "server a text."
    )


def _names(bundles: Sequence[Path]) -> str:
    return ", ".join(f"`{path.name}`" for path in bundles)


def _cells(title: str, one: Paired) -> tuple[str, ...]:
    return (
        title,
        one.quantity,
        _number(one.before),
        _number(one.after),
        f"{one.ratio:.3f}",
        f"{one.low:.3f} to {one.high:.3f}",
        f"{one.lowest:.2f} to {one.highest:.2f}",
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004


def _errors_text(report: PairedReport) -> str:
    counted = ", ".join(f"{errors(report.measurements, tree.name)} {tree.name}" for tree in report.trees)
    return (
        f"Errors over all loads: {counted} (non-2xx answers, broken connections, timeouts, dead workers, checked "
        f"answers further than {TOLERANCE:g} from the classifier's own scores)."
    )
