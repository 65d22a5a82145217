"""Refitting: a bundle and a file of labels -> the next bundle, with its own version and digests, ready to serve."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import onnx

from models.contracts import CATEGORIES, Category, OperatingPoint
from models.contracts.bundle import ThresholdTable
from models.data.examples import Split
from models.data.store import load_split
from models.evaluation.arrays import sample
from models.evaluation.thresholds import GRAVITY, choose_thresholds
from models.export.errors import ExportError
from models.export.refit.choosing import Choice, choose_move
from models.export.refit.heads import move_heads
from models.export.refit.material import Material, gather_material
from models.export.refit.measuring import measure_held_out
from models.export.refit.report import HeadReport, RefitReport
from models.export.refit.reviewed import Halves, Reviewed, split_by_time
from models.export.refit.writing import write_candidate, write_refitted
from models.export.scoring import Report, silent
from models.export.writing import replaced_folder
from models.runtime.bundle import MODEL_FILE, TextBundle, load_text_bundle
from models.runtime.classifier import TextClassifier, open_classifier

N_THRESHOLDS: Final = 12_000
"""Rows of the calibration split that new operating points are chosen on."""
SEED: Final = 17
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True)
class RefitRequest:
    """What to refit, and how.

    Attributes:
        base: the bundle that serves.
        data: the dataset that it was trained on; None where it is not at hand.
        out: folder of the new bundle.
        version: of the new bundle.
        created_on: goes into the manifest.
        held_out: share of the labels, the latest, on which the result is measured and nothing is fitted.

    """

    base: TextBundle
    data: Path | None
    out: Path
    version: str
    created_on: date
    held_out: float = 0.25


def refit(request: RefitRequest, reviewed: Reviewed, report: Report = silent) -> RefitReport:
    """Move the heads that people's labels say should move, and write the bundle where any does.

    Raises:
        ExportError: the bundle cannot be refitted, `out` is taken or its own place, or the version is none.
        DataError: the dataset is broken.

    """
    base = request.base
    if base.manifest.embedding_size is None:
        raise ExportError(f"{base.path}: its model has no embeddings; `weir export-embedding` adds them")
    _require_place(request)
    old, halves = open_classifier(base), split_by_time(reviewed, request.held_out)
    material = gather_material(old, reviewed, halves.fitted, request.data, report)
    choices = _choices(request, material, report)
    moves = {
        column: material.standard.undo(choice.move)
        for column, choice in enumerate(choices.values())
        if choice.move is not None
    }
    found = _report(request, reviewed, halves, material, choices)
    if not moves:
        return found
    with replaced_folder(request.out) as folder:
        write_candidate(base, move_heads(onnx.load(str(base.path / MODEL_FILE)), moves), folder)
        new = open_classifier(load_text_bundle(folder))
        found = _measured(found, old, new, reviewed, halves)
        points = _thresholds(request, new, found, report)
        write_refitted(folder, base, found, ThresholdTable(categories=points), request.created_on)
    load_text_bundle(request.out)
    return found


def _require_place(request: RefitRequest) -> None:
    """Refuse at once what would fail after minutes, and what would leave nothing to compare with or to go back to."""
    if _VERSION.fullmatch(request.version) is None:
        raise ExportError("the version of a bundle is three numbers, such as 0.2.0")
    if request.out.resolve() == request.base.path.resolve():
        raise ExportError(f"{request.out} is the bundle that is refitted, which stays as it is; choose another --out")


def _choices(request: RefitRequest, material: Material, report: Report) -> dict[Category, Choice]:
    labels, choices = request.base.manifest.labels, {}
    report("fit heads", 0, len(labels))
    for column, category in enumerate(labels):
        choices[category] = choose_move(material.task(column, category, request.base.calibration))
        report("fit heads", column + 1, len(labels))
    return choices


def _report(
    request: RefitRequest, reviewed: Reviewed, halves: Halves, material: Material, choices: Mapping[Category, Choice]
) -> RefitReport:
    fitted = reviewed.labels[halves.fitted]
    return RefitReport(
        bundle=request.base.manifest.name,
        version=request.version,
        base_digest=request.base.digest,
        labels_digest=reviewed.digest,
        n_reviewed=len(reviewed),
        n_held_out=len(halves.held_out),
        n_rehearsed=len(material.rehearsal.labels),
        dropped={reason.value: n for reason, n in reviewed.dropped.items() if n},
        heads=tuple(
            HeadReport(
                category=category,
                n_yes=int((fitted[:, CATEGORIES.index(category)] == 1).sum()),
                n_no=int((fitted[:, CATEGORIES.index(category)] == 0).sum()),
                is_moved=choice.move is not None,
                reason=choice.reason,
                strength=choice.strength,
                gain=choice.gain,
            )
            for category, choice in choices.items()
        ),
    )


def _measured(
    found: RefitReport, old: TextClassifier, new: TextClassifier, reviewed: Reviewed, halves: Halves
) -> RefitReport:
    """With what the two bundles themselves say of the later labels."""
    texts = [reviewed.texts[at] for at in halves.held_out]
    if not texts:
        return found
    before, after = old.score(texts), new.score(texts)
    labels = reviewed.labels[halves.held_out]
    heads = [
        head.model_copy(
            update={
                "held_out": measure_held_out(
                    before[:, column], after[:, column], labels[:, CATEGORIES.index(head.category)], SEED
                )
            }
        )
        for column, head in enumerate(found.heads)
    ]
    return found.model_copy(update={"heads": tuple(heads)})


def _thresholds(
    request: RefitRequest, new: TextClassifier, found: RefitReport, report: Report
) -> dict[Category, dict[OperatingPoint, float]]:
    """Operating points: chosen again for heads that moved where the calibration split is at hand, else as they were."""
    points = {label: dict(three) for label, three in request.base.thresholds.categories.items()}
    if request.data is None:
        return points
    rows = sample(load_split(request.data, Split.CALIBRATION), N_THRESHOLDS)
    report("choose thresholds", 0, 1)
    probs = new.score(list(rows.texts))
    for column, head in enumerate(found.heads):
        yes = rows.labels[:, CATEGORIES.index(head.category)]
        known = yes >= 0
        if head.is_moved and 0 < (yes[known] == 1).sum() < known.sum():
            gravity = GRAVITY.get(head.category, 1.0)
            points[head.category] = choose_thresholds(probs[known, column].astype(np.float64), yes[known], gravity)
    report("choose thresholds", 1, 1)
    return points
