"""Report: an assessment as Markdown tables."""

from collections.abc import Iterable, Sequence
from typing import Final

from models.evaluation.pictures.assessment import Assessment
from models.evaluation.pictures.places import COVERED
from models.evaluation.results import Estimate

_POOLED: Final = "all"


def unseen_table(found: Assessment) -> str:
    """Every system on every unseen source of positives."""
    rows = [
        (
            one.category,
            one.source,
            one.system,
            f"{one.n_positives:,} / {one.n_ordinary:,}",
            interval(one.roc_auc),
            interval(one.pr_auc),
            interval(one.recall),
            percent(one.false_alarms),
        )
        for one in sorted(found.unseen, key=lambda row: (row.category, row.source != _POOLED, row.source))
    ]
    header = ("category", "unseen source", "system", "yes / ordinary", "ROC-AUC", "PR-AUC", "recall", "false alarms")
    return markdown_table(header, rows)


def alarms_table(found: Assessment) -> str:
    """Share of ordinary photographs that any category flags, by unseen source."""
    systems = list(dict.fromkeys(row.system for row in found.alarms))
    sources = list(dict.fromkeys(row.source for row in found.alarms))
    shares = {(row.source, row.system): row.share for row in found.alarms}
    rows = [(source, *(percent(shares[source, system]) for system in systems)) for source in sources]
    return markdown_table(("ordinary photographs of", *systems), rows)


def places_table(found: Assessment) -> str:
    """What a redacted copy covers and costs."""
    rows = [
        (
            one.kind.value,
            f"{one.n_boxes:,}",
            f"{one.threshold:.2f}",
            f"{one.covered:.3f}",
            f"{one.area_covered:.3f}",
            f"{one.blurred:.3f}",
            "other rounds" if one.nested else "the same pictures",
        )
        for one in found.places
    ]
    header = (
        "places",
        "boxes",
        "threshold",
        f"boxes covered ({COVERED:.0%} of their area)",
        "area covered",
        "picture blurred",
        "threshold chosen on",
    )
    return markdown_table(header, rows)


def gate_table(found: Assessment) -> str:
    """What the text gate sends to the reader."""
    rows = [
        (
            one.source,
            "the source" if one.unseen else "the pictures",
            f"{one.n_with_text:,}",
            f"{1 - one.read_with_text:.3f}" if one.n_with_text else "",
            f"{one.n_without_text:,}",
            f"{1 - one.read_without_text:.3f}" if one.n_without_text else "",
        )
        for one in found.gate
    ]
    return markdown_table(("source", "unseen", "with text", "missed", "without text", "skipped"), rows)


def thresholds_table(found: Assessment) -> str:
    """The operating points that ship, as calibrated probabilities."""
    rows = [
        (category.value, *(f"{value:.4f}" for value in points.values()))
        for category, points in found.thresholds.categories.items()
    ]
    points = next(iter(found.thresholds.categories.values()))
    return markdown_table(("category", *(point.value for point in points)), rows)


def interval(found: Estimate) -> str:
    """A number and its interval."""
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def percent(found: Estimate) -> str:
    """A share and its interval, in per cent."""
    return f"{found.value:.2%} [{found.low:.2%}, {found.high:.2%}]"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
