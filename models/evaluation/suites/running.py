"""Running: several suites on one bundle, and their findings as one value, `report.json`."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from models.contracts.base import Value
from models.evaluation.suites.catalogue import SUITES, WITHOUT_ROWS, load_suite
from models.evaluation.suites.report import Progress, SuiteModel, SuiteReport
from models.evaluation.suites.rows import SuiteSkippedError


class SuitesReport(Value):
    """`report.json` of `weir evaluate --suite`.

    Attributes:
        model, model_digest: name and digest of the bundle.
        scores_digest: of all that decides a score, beside the bundle the reading of disguises; None in older reports.
        dataset_digest: of the dataset it was measured on; None without one.
        suites: what was found, in the order of the catalogue.
        skipped: why whole suites were left out, by name.

    """

    format: Literal[1] = 1
    model: str
    model_digest: str
    scores_digest: str | None = None
    dataset_digest: str | None
    suites: tuple[SuiteReport, ...]
    skipped: dict[str, str]

    @property
    def n_missed(self) -> int:
        """Findings below their target."""
        return sum(finding.is_met is False for suite in self.suites for finding in suite.findings)


def run_suites(model: SuiteModel, names: Sequence[str], out: Path, progress: Progress) -> SuitesReport:
    """Run suites one after another; one that has nothing to measure on is skipped with its reason.

    Args:
        model: what is measured.
        names: suites of the catalogue.
        out: folder of their figures and of the cache of scores; made where missing.
        progress: told about every step.

    """
    out.mkdir(parents=True, exist_ok=True)
    reports, skipped = [], {}
    for name in names:
        try:
            limit = None if name in WITHOUT_ROWS else model.limit
            reports.append(load_suite(name)(model, out, progress).model_copy(update={"limit": limit}))
        except SuiteSkippedError as error:
            skipped[name] = str(error)
    bundle = model.classifier.bundle
    return SuitesReport(
        model=bundle.manifest.name,
        model_digest=bundle.digest,
        scores_digest=model.classifier.digest,
        dataset_digest=_dataset_digest(model.data),
        suites=tuple(reports),
        skipped=skipped,
    )


def beside_earlier(report: SuitesReport, earlier: SuitesReport) -> SuitesReport:
    """What was found now, and of the same scores and dataset what was found before by suites that did not run again.

    What was found on more rows stays, and so does what was found where there is nothing to measure on any more.
    """
    if (report.scores_digest, report.dataset_digest) != (earlier.scores_digest, earlier.dataset_digest):
        return report
    before = {suite.suite: suite for suite in earlier.suites}
    found = before | {
        suite.suite: suite
        for suite in report.suites
        if suite.suite not in before or _rows(suite) >= _rows(before[suite.suite])
    }
    skipped = {name: why for name, why in (earlier.skipped | report.skipped).items() if name not in found}
    return report.model_copy(
        update={"suites": tuple(found[name] for name in SUITES if name in found), "skipped": skipped}
    )


def _rows(suite: SuiteReport) -> float:
    return math.inf if suite.limit is None else suite.limit


def _dataset_digest(data: Path | None) -> str | None:
    from models.data.errors import DataError
    from models.data.store import load_dataset_digest

    try:
        return None if data is None else load_dataset_digest(data)
    except DataError:
        return None
