"""Refit: what a file of labels does to a bundle after a shift, on later labels and on what it knew before.

    python -m scripts.bench.refit --data build/data/text

Posts of the test split, which no bundle was trained on, stand for traffic: in four of five harmful ones the words that
give them away are replaced by invented ones. Some are labelled (their set's labels stand for reviewers), and the heads
are refitted twice: with the training data at hand, and without. Measured on later posts of the same kind, and on posts
as they were before, which a refit must not unlearn.
"""

import json
import random
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from models.data.store import Examples
    from models.export.refit.report import RefitReport
    from models.runtime.classifier import TextClassifier

SHARE: Final = 0.8
"""Of harmful posts that are worded anew."""
N_BEFORE: Final = 4_000
_STARTED: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Outcome:
    """One refit.

    Attributes:
        shifted: mean PR-AUC over the labels that both measure, on later posts under the shift, old and new.
        before: the same on posts as they were.
        log_loss: mean over the labels, likewise on later posts.

    """

    with_data: bool
    n_moved: int
    seconds: float
    shifted: tuple[float, float]
    before: tuple[float, float]
    log_loss: tuple[float, float]


def run(
    data: Annotated[Path, typer.Option(help="The built data set.")] = Path("build/data/text"),
    bundle: Annotated[Path, typer.Option(help="The bundle to refit.")] = Path("models/bundles/text-minilm"),
    n_labels: Annotated[int, typer.Option(min=200, help="Labelled posts, a quarter of them held out.")] = 1_600,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Refit a bundle after a shift, and say what that changed."""
    with tempfile.TemporaryDirectory(prefix="weir-refit-") as folder:
        outcomes = [_refitted(data, bundle, n_labels, Path(folder), with_data=one) for one in (True, False)]
    if as_json:
        Console().print_json(json.dumps([one.__dict__ for one in outcomes]))
        return
    table = Table("training data", "heads moved", "s", "PR-AUC under the shift", "log loss", "PR-AUC as before")
    for one in outcomes:
        pairs = (f"{old:.3f} -> {new:.3f}" for old, new in (one.shifted, one.log_loss, one.before))
        table.add_row("at hand" if one.with_data else "not", str(one.n_moved), f"{one.seconds:.0f}", *pairs)
    Console().print(table)


def _refitted(data: Path, bundle: Path, n_labels: int, folder: Path, *, with_data: bool) -> Outcome:
    from models.export.refit.refitting import RefitRequest, refit
    from models.export.refit.reviewed import read_reviewed
    from models.runtime.bundle import load_text_bundle
    from models.runtime.classifier import open_classifier

    base, out, labels = load_text_bundle(bundle), folder / f"refitted-{with_data}", folder / "labels.jsonl"
    _write_labels(data, n_labels, labels)
    started = time.perf_counter()
    today = _STARTED.date()
    found = refit(RefitRequest(base, data if with_data else None, out, "9.9.9", today), read_reviewed(labels))
    seconds = time.perf_counter() - started
    old = open_classifier(base)
    new = open_classifier(load_text_bundle(out)) if found.moved else old
    held = [head.held_out for head in found.heads if head.held_out]
    areas = [(one.pr_auc_old, one.pr_auc_new) for one in held]
    shifted = _means([(old, new) for old, new in areas if old is not None and new is not None])
    losses = _means([(one.log_loss_old, one.log_loss_new) for one in held])
    return Outcome(with_data, len(found.moved), seconds, shifted, _before(data, old, new, found), losses)


def _write_labels(data: Path, n: int, out: Path) -> None:
    """Posts under the shift as `weir labels export` writes them, a minute apart."""
    from models.contracts import CATEGORIES
    from scripts.demo.posts import load_posts
    from scripts.demo.shifts import invent_slang, speak_slang

    rows, chance = _traffic(data), random.Random(7)
    invented = invent_slang(load_posts(data).ordinary)
    lines: list[str] = []
    for at in chance.sample(range(len(rows)), n):
        marks = {CATEGORIES[i].value: int(value) for i, value in enumerate(rows.labels[at]) if value >= 0}
        is_worded_anew = any(marks.values()) and chance.random() < SHARE
        text = speak_slang(rows.texts[at], invented) if is_worded_anew else rows.texts[at]
        when = (_STARTED + timedelta(minutes=len(lines))).isoformat()
        lines.append(json.dumps({"text": text, "labels": marks, "weight": 1.0, "timestamp": when}))
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _traffic(data: Path) -> "Examples":
    from models.data.examples import Split
    from models.data.store import load_split
    from scripts.demo.posts import SURFACE_BY_SET

    return load_split(data, Split.TEST, frozenset(SURFACE_BY_SET))


def _before(data: Path, old: "TextClassifier", new: "TextClassifier", found: "RefitReport") -> tuple[float, float]:
    """Mean PR-AUC on unshifted posts, over the labels with enough of them."""
    import numpy as np

    from models.contracts import CATEGORIES
    from models.evaluation.arrays import sample
    from models.evaluation.metrics import areas

    rows = sample(_traffic(data), N_BEFORE)
    scores: list[Any] = [one.score(list(rows.texts)) for one in (old, new)]
    pairs = []
    for column, head in enumerate(found.heads):
        yes = rows.labels[:, CATEGORIES.index(head.category)]
        known = yes >= 0
        if min((yes[known] == 1).sum(), (yes[known] == 0).sum()) >= 30:  # noqa: PLR2004 - as in evaluation
            both = [float(areas(one[known, column].astype(np.float64), yes[known]).pr_auc[0]) for one in scores]
            pairs.append((both[0], both[1]))
    return _means(pairs)


def _means(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    n = max(1, len(pairs))
    return sum(old for old, _ in pairs) / n, sum(new for _, new in pairs) / n


if __name__ == "__main__":
    typer.run(run)
