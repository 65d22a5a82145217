"""Fairness: whether texts about one group, or written in one way, are flagged more often than others.

Three looks. Sentences from templates that differ in one identity term alone: any gap is the model's. Posts by the group
that they attack: is harm to every group found. Posts by a rough mark of dialect: is a way of writing flagged.
"""

from pathlib import Path
from typing import Final

import numpy as np

from models.contracts import OperatingPoint
from models.evaluation.arrays import UNKNOWN, Bools, Floats
from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.dialect import is_marked
from models.evaluation.group_bias import MIN_SIDE, group_bias
from models.evaluation.metrics import ratio
from models.evaluation.suites.group_tables import groups_table
from models.evaluation.suites.report import Finding, Progress, SuiteModel, SuiteReport
from models.evaluation.suites.rows import SuiteSkippedError, load_rows, outputs_of, thresholds_at
from models.evaluation.suites.template_groups import FIGURE, measure_templates

DIALECT: Final = "davidson"


def run(model: SuiteModel, out: Path, progress: Progress) -> SuiteReport:
    """Take the three looks, each where there are rows for it.

    Raises:
        SuiteSkippedError: there is no dataset.

    """
    if model.data is None:
        raise SuiteSkippedError("it needs the dataset: name its folder with --data")
    findings: list[Finding] = []
    bodies: list[str] = []
    figures: tuple[str, ...] = ()
    skipped: dict[str, str] = {}
    for name, look in (("templates", measure_templates), ("targets", _targets), ("dialect", _dialect)):
        try:
            found, body = look(model, out, progress)
        except SuiteSkippedError as error:
            skipped[name] = str(error)
            continue
        findings, bodies = findings + found, [*bodies, body]
        figures += (FIGURE,) if look is measure_templates else ()
    return SuiteReport(
        suite="fairness",
        title="Fairness across groups",
        findings=tuple(findings),
        body="\n\n".join(bodies),
        figures=figures,
        skipped=skipped,
    )


def _targets(model: SuiteModel, out: Path, progress: Progress) -> tuple[list[Finding], str]:
    """Share of attacks found, by the group that is attacked."""
    test = load_rows(model, "test")
    columns = [name for name in test.auxiliary_names if name.startswith("aux/target/")]
    truth = test.truth("hate")
    known = (
        np.any([test.truth(name) != UNKNOWN for name in columns], axis=0) if columns else np.zeros(0, dtype=np.bool_)
    )
    rows = np.flatnonzero(known & (truth != UNKNOWN)) if len(known) else np.zeros(0, dtype=np.int64)
    if not len(rows):
        raise SuiteSkippedError("the dataset says of no row which group it attacks (aux/target/*)")
    chosen = test.select(rows)
    outputs = outputs_of(model, chosen.rows, out, "scoring texts with a target", progress)
    probs = outputs.prob("hate")
    if probs is None:
        raise SuiteSkippedError("the bundle does not score hate")
    bar, labels = thresholds_at(model, OperatingPoint.BALANCED)["hate"], chosen.truth("hate")
    groups = [
        group_bias(name.removeprefix("aux/target/"), chosen.truth(name) == 1, probs, labels, bar) for name in columns
    ]
    found = [one for one in groups if one.tpr is not None]
    if len(found) < 2:  # noqa: PLR2004 - a gap needs two
        raise SuiteSkippedError(f"fewer than two groups have {MIN_SIDE} attacks in the test split")
    rates = {one.group: one.tpr or 0.0 for one in found}
    low, high = min(rates, key=lambda g: rates[g]), max(rates, key=lambda g: rates[g])
    note = f"{high} {rates[high]:.3f}, {low} {rates[low]:.3f}"
    gap = Finding(
        name="targets: widest gap in attacks found, hate", value=rates[high] - rates[low], n=len(rows), note=note
    )
    sources = ", ".join(sorted(set(chosen.rows.sources)))
    words = f"By the group that a text attacks, in {sources}; a text is of a group because it attacks it:"
    return [gap], f"{words}\n\n{groups_table(groups)}"


def _dialect(model: SuiteModel, out: Path, progress: Progress) -> tuple[list[Finding], str]:
    """False positives of hate among posts with and without marks of dialect."""
    parts = [load_rows(model, split, {DIALECT}) for split in ("validation", "test")]
    findings: list[Finding] = []
    probs, labels, marked = [], [], []
    for part in parts:
        outputs = outputs_of(model, part.rows, out, f"scoring {DIALECT}", progress)
        column = outputs.prob("hate")
        if column is None:
            raise SuiteSkippedError("the bundle does not score hate")
        known = part.truth("hate") != UNKNOWN
        probs.append(column[known])
        labels.append(part.truth("hate")[known])
        marked.append(is_marked(list(part.rows.texts))[known])
    scores, truth, mark = np.concatenate(probs), np.concatenate(labels), np.concatenate(marked)
    bar = thresholds_at(model, OperatingPoint.BALANCED)["hate"]
    harmless = truth == 0
    if min(int((harmless & mark).sum()), int((harmless & ~mark).sum())) < MIN_SIDE:
        raise SuiteSkippedError(f"fewer than {MIN_SIDE} harmless posts with the mark, or without")
    groups = [group_bias(name, rows, scores, truth, bar) for name, rows in (("marked", mark), ("not marked", ~mark))]
    weights = resample_weights(mark.astype(np.int64), model.n_resamples, model.seed)
    flagged = (scores >= bar).astype(np.float64)
    resampled = np.concatenate([_difference(w, flagged, harmless, mark) for w in weights])
    found = estimate(float(_difference(np.ones((1, len(mark))), flagged, harmless, mark)[0]), resampled)
    findings.append(
        Finding(
            name="dialect: false positives of hate, marked minus not marked",
            value=found.value,
            low=found.low,
            high=found.high,
            n=int(harmless.sum()),
            note=f"{int((harmless & mark).sum())} marked posts in {DIALECT}; a rough proxy",
        )
    )
    return findings, "By marks of dialect (see `models/evaluation/dialect.py` for what the mark cannot say):\n\n" + (
        groups_table(groups)
    )


def _difference(weights: Floats, flagged: Floats, harmless: Bools, mark: Bools) -> Floats:
    """False positive rate of marked posts minus that of the others. *Shape:* `(r, n)` to `(r,)`."""
    rates = [
        ratio(weights[:, rows] @ flagged[rows], weights[:, rows].sum(axis=1))
        for rows in (harmless & mark, harmless & ~mark)
    ]
    return np.asarray(rates[0] - rates[1])
