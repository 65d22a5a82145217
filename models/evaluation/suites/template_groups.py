"""Templates: sentences that differ in one identity term alone, so that any gap between terms is the model's.

False positive rates by term with the widest gap between two of them, and the areas of Borkan et al. (2019).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import OperatingPoint
from models.evaluation.arrays import Bools, Floats, Labels
from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.group_bias import GroupBias, group_bias, widest_gap
from models.evaluation.identity_terms import kind_of, template_of, terms_of
from models.evaluation.metrics import ratio
from models.evaluation.suites.drawing import COLOURS, new_figure, save
from models.evaluation.suites.group_tables import groups_table
from models.evaluation.suites.report import Finding, Progress, SuiteModel
from models.evaluation.suites.rows import Labelled, Outputs, SuiteSkippedError, load_rows, outputs_of, thresholds_at

TEMPLATES: Final = "conversationai_bias"
DEFAULT_LIMIT: Final = 20_000
"""Template sentences: 400 templates with each of 50 terms."""
GAP_TARGET: Final = 0.05
JUDGED: Final[tuple[str, ...]] = ("toxicity", "hate")
"""Categories that templates are judged by, each alone; `any category` is what a caller sees who flags on any."""
ANY: Final = "any category"
FIGURE: Final = "fairness-templates.png"
N_SHOWN: Final = 12


@dataclass(frozen=True)
class Crossed:
    """Sentences of templates, each template with its terms.

    Attributes:
        labelled: the sentences.
        terms: of each sentence. *Shape:* `(n,)`.
        templates: number of each sentence's template. *Shape:* `(n,)`.

    """

    labelled: Labelled
    terms: NDArray[np.str_]
    templates: NDArray[np.int64]


def crossed_templates(labelled: Labelled, limit: int, seed: int) -> Crossed:
    """Whole templates, drawn until about `limit` sentences are there.

    All terms meet the same templates, so that a gap between two of them is not one between two draws.

    Raises:
        SuiteSkippedError: no sentence has an identity term.

    """
    terms = terms_of(labelled.rows.texts)
    having = np.array([i for i, term in enumerate(terms) if term], dtype=np.int64)
    if not len(having):
        raise SuiteSkippedError("no sentence has an identity term")
    names, numbers = np.unique([template_of(labelled.rows.texts[i]) for i in having], return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))
    sizes = np.bincount(numbers)[order]
    chosen = order[: max(1, int(np.searchsorted(np.cumsum(sizes), limit, side="right")))]
    kept = np.flatnonzero(np.isin(numbers, chosen))
    return Crossed(
        labelled.select(having[kept]),
        np.array([str(terms[i]) for i in having[kept]]),
        np.unique(numbers[kept], return_inverse=True)[1].astype(np.int64),
    )


def measure_templates(model: SuiteModel, out: Path, progress: Progress) -> tuple[list[Finding], str]:
    """Findings and tables of the template sentences; writes the figure `FIGURE`.

    Raises:
        SuiteSkippedError: there are no such sentences.

    """
    rows = load_rows(model, "probe", {TEMPLATES})
    crossed = crossed_templates(rows, model.limit or DEFAULT_LIMIT, model.seed)
    outputs = outputs_of(model, crossed.labelled.rows, out, "scoring templates", progress)
    labels = crossed.labelled.truth("toxicity")
    bars = thresholds_at(model, OperatingPoint.BALANCED)
    flags = _flags(outputs, bars)
    findings = [_gap(name, flagged, labels, crossed, model) for name, flagged in flags.items()]
    tables = []
    for name in (one for one in JUDGED if one in bars):
        probs = outputs.prob(name)
        if probs is None:
            continue
        groups = [
            group_bias(term, crossed.terms == term, probs, labels, bars[name]) for term in _by_kind(crossed.terms)
        ]
        findings += _lowest_areas(name, groups)
        tables.append(_table(name, groups))
    _draw(flags, labels, crossed.terms, out / FIGURE)
    words = (
        f"{len(set(crossed.templates.tolist())):,} templates, each with {len(set(crossed.terms.tolist()))} terms. "
        "Harmful and harmless as the templates' adjective says; the groups at either end of the false positive rate:"
    )
    return findings, "\n\n".join([words, *tables])


def _flags(outputs: Outputs, bars: dict[str, float]) -> dict[str, Bools]:
    """Which rows are flagged at the balanced point, by category, and by any of them. *Shape:* `(n,)` each."""
    own: dict[str, Bools] = {
        name: probs >= bar for name, bar in bars.items() if (probs := outputs.prob(name)) is not None
    }
    judged: dict[str, Bools] = {name: own[name] for name in JUDGED if name in own}
    return {**judged, ANY: np.any(list(own.values()), axis=0)}


def _gap(name: str, flagged: Bools, labels: Labels, crossed: Crossed, model: SuiteModel) -> Finding:
    """Highest minus lowest false positive rate of the terms, resampled over templates."""
    n_templates = int(crossed.templates.max()) + 1
    terms = sorted(set(crossed.terms.tolist()))
    alarms, harmless = (
        np.stack(
            [np.bincount(crossed.templates[rows & (crossed.terms == term)], minlength=n_templates) for term in terms],
            axis=1,
        ).astype(np.float64)
        for rows in ((labels == 0) & flagged, labels == 0)
    )
    weights = resample_weights(np.zeros(n_templates, dtype=np.int64), model.n_resamples, model.seed)
    resampled = np.concatenate([_widest(w @ alarms, w @ harmless) for w in weights])
    whole = np.ones((1, n_templates))
    rates = ratio(whole @ alarms, whole @ harmless)[0]
    found = estimate(float(_widest(whole @ alarms, whole @ harmless)[0]), resampled)
    lowest, highest = terms[int(rates.argmin())], terms[int(rates.argmax())]
    return Finding(
        name=f"templates: widest gap in false positives, {name}",
        value=found.value,
        low=found.low,
        high=found.high,
        n=int((labels == 0).sum()),
        target=GAP_TARGET,
        at_least=False,
        note=f"{highest} {rates.max():.3f}, {lowest} {rates.min():.3f}",
    )


def _widest(alarms: Floats, harmless: Floats) -> Floats:
    """The gap of each resample. *Shape:* `(r, n_terms)` each to `(r,)`."""
    return widest_gap(list(ratio(alarms, harmless).T))


def _lowest_areas(name: str, groups: list[GroupBias]) -> list[Finding]:
    findings = []
    for title, field in (
        ("subgroup AUC", "subgroup_auc"),
        ("BPSN AUC", "bpsn_auc"),
        ("BNSP AUC", "bnsp_auc"),
    ):
        having: list[tuple[float, GroupBias]] = [
            (area, one) for one in groups if (area := getattr(one, field)) is not None
        ]
        if having:
            area, worst = min(having, key=lambda pair: pair[0])
            note = f"of {worst.group}, the lowest of {len(having)} groups"
            findings.append(Finding(name=f"templates: lowest {title}, {name}", value=area, n=worst.n_rows, note=note))
    return findings


def _by_kind(terms: NDArray[np.str_]) -> list[str]:
    return sorted(set(terms.tolist()), key=lambda term: (kind_of(term), term))


def _table(name: str, groups: list[GroupBias]) -> str:
    """The groups with the highest and the lowest false positive rates."""
    ranked = sorted((one for one in groups if one.fpr is not None), key=lambda one: -(one.fpr or 0.0))
    half = N_SHOWN // 2
    shown = ranked if len(ranked) <= N_SHOWN else [*ranked[:half], *ranked[-half:]]
    return f"By {name}:\n\n" + groups_table(shown)


def _draw(flags: dict[str, Bools], labels: Labels, terms: NDArray[np.str_], path: Path) -> None:
    """False positive rate of every term, by category, terms of one kind beside each other."""
    names = _by_kind(terms)
    figure, ax = new_figure(7.5, 1.2 + 0.17 * len(names))
    for colour, marker, (name, flagged) in zip(COLOURS, "osD^v", flags.items(), strict=False):
        rates = [flagged[(terms == term) & (labels == 0)].mean() for term in names]
        ax.plot(rates, range(len(names)), marker, color=colour, markersize=4, label=name)
    ax.set_yticks(range(len(names)), [f"{kind_of(term)}: {term}" for term in names], fontsize=7)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(left=-0.005)
    ax.set_xlabel("false positive rate at the balanced point")
    ax.grid(alpha=0.25)
    ax.legend(fontsize=8)
    save(figure, path)
