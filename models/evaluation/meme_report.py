"""Meme report: the comparison of systems as a page, and what the numbers do not say beside them."""

from collections.abc import Mapping
from pathlib import Path

from models.contracts.base import Value
from models.evaluation.memes import MemeComparison
from models.evaluation.results import Estimate

_TITLE = """\
# Memes: words and picture together

{n_memes:,} memes in {n_groups:,} groups of near duplicates, {n_harmful:,} harmful. Every score is by models that saw no
meme of the same group; thresholds for macro-F1 and the weights of late fusion are chosen on the other folds. Square
brackets hold 95 % intervals over groups. The lead is that of `{judged}`, on the same resamples.

Of pairs of near-identical pictures, {disagreement:.0%} are labelled against each other."""

_SUBJECT = """\
Memes that name a politician, a party or an election are mostly labelled harmful, so that the subject alone ranks well.
Inside a subject it says nothing. The last columns are of models trained on memes of the other subject only."""


class MemeReport(Value):
    """Everything that was found.

    Attributes:
        read: all systems, with words as the reader finds them.
        transcribed: the same with words as people wrote them down.
        other_subject: trained without the subject that is measured.
        label_disagreement: share of near-identical pictures labelled against each other.

    """

    read: MemeComparison
    transcribed: MemeComparison
    other_subject: MemeComparison
    label_disagreement: float


def write_meme_report(report: MemeReport, folder: Path) -> Path:
    """Write `report.json` and `report.md`, and answer with the path of the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    path = folder / "report.md"
    path.write_text(render_meme_report(report), encoding="utf-8")
    return path


def render_meme_report(report: MemeReport) -> str:
    """The report as Markdown."""
    read = report.read
    title = _TITLE.format(
        n_memes=read.n_memes,
        n_groups=read.n_groups,
        n_harmful=read.n_harmful,
        judged=read.judged,
        disagreement=report.label_disagreement,
    )
    sections = (
        title,
        "## With words as the reader finds them\n\n" + _systems(read),
        "## With words as people wrote them down\n\n" + _systems(report.transcribed),
        "## By subject\n\n" + _SUBJECT + "\n\n" + _subjects(read, report.other_subject),
    )
    return "\n\n".join(sections) + "\n"


def _systems(comparison: MemeComparison) -> str:
    rows = {
        name: (
            _cell(result.macro_f1),
            _cell(result.roc_auc),
            _cell(result.pr_auc),
            "" if result.f1_lead is None else _lead(result.f1_lead),
            "" if result.auc_lead is None else _lead(result.auc_lead),
        )
        for name, result in comparison.systems.items()
    }
    return _table(("system", "macro-F1", "ROC-AUC", "PR-AUC", "lead in macro-F1", "lead in ROC-AUC"), rows)


def _subjects(read: MemeComparison, other: MemeComparison) -> str:
    rows = {}
    for name, result in read.systems.items():
        unseen = other.systems.get(name)
        rows[name] = (
            _cell(result.roc_auc_politics),
            _cell(result.roc_auc_other),
            "" if unseen is None else _cell(unseen.roc_auc_politics),
            "" if unseen is None else _cell(unseen.roc_auc_other),
        )
    header = ("ROC-AUC", "politics", "other", "politics, trained on other", "other, trained on politics")
    return _table(header, rows)


def _table(header: tuple[str, ...], rows: Mapping[str, tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *((name, *cells) for name, cells in rows.items())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(found: Estimate) -> str:
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _lead(found: Estimate) -> str:
    return f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
