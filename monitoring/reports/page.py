"""Page: a report as one HTML file that opens anywhere: Weir's verdict first, what Evidently draws behind it."""

import base64
from functools import cache
from typing import Final

import jinja2

from monitoring.drift.verdicts import Status
from monitoring.reports.document import ReportDocument
from monitoring.reports.grouping import EVERYTHING, group_changes

HEADLINES: Final = {
    Status.CLEAR: "Nothing changed",
    Status.CHANGED: "Something changed",
    Status.UNDETERMINED: "Nothing can be said",
}
IN_PARTS: Final = "Something changed in a part"
"""The headline where all traffic together has not changed."""
N_IDS: Final = 8
"""Items of a change that the page names; the JSON names all."""


def draw_page(document: ReportDocument, details: str | None) -> str:
    """Write the page.

    Args:
        document: all that it says.
        details: another whole HTML document that is opened inside of it on demand, in a frame of its own; None where
            there was nothing to draw.

    """
    return _template().render(
        document=document,
        headline=IN_PARTS if _is_in_parts(document) else HEADLINES[document.verdict.status],
        look="changed" if document.real else document.verdict.status.value,
        details=None if details is None else base64.b64encode(details.encode()).decode(),
        groups=group_changes(document.real),
        n_ids=N_IDS,
        everything=EVERYTHING,
    )


def _is_in_parts(document: ReportDocument) -> bool:
    return bool(document.real) and not document.verdict.real


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("monitoring.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": _percent, "number": _number, "moment": _moment, "chance": _chance}
    return environment.get_template("report.html")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}"


def _chance(p_value: float) -> str:
    return "< 1e-12" if p_value < 1e-12 else f"{p_value:.2g}"  # noqa: PLR2004  # nobody reads further


def _moment(moment: object) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
