"""Report: the numbers of a picture set, as `report.json` and the card show them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from models.data.examples import Split
from models.data.images.folds import Fold, masks
from models.data.images.labels import PICTURE_LABELS
from models.data.images.pictures import Kind
from models.data.images.problems import Problems
from models.data.images.store import REPORT, Pictures, content_digest
from models.data.labels import NO, YES

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Report:
    """Counts of a picture set.

    Attributes:
        digest: of the set; names it in training runs and cards.
        tables: sha256 of the mirror's tables.
        by_source: rows by set and split.
        by_kind: rows by kind and split.
        by_family: photographs and memes by set and family.
        labels: by label and split, "yes" and "no" counts of photographs and memes.
        labels_by_source: by label, positives and negatives of each set that has any, over all kinds.
        n_groups: groups by set.
        largest_groups: sizes of the five largest groups, photographs and memes only.
        folds: by fold, the number of training rows, held-out positives and negatives.
        problems: broken files, copies and contradictions.

    """

    digest: str
    tables: Mapping[str, str]
    by_source: Counts
    by_kind: Counts
    by_family: Counts
    labels: Mapping[str, Mapping[str, Mapping[str, int]]]
    labels_by_source: Mapping[str, Mapping[str, Mapping[str, int]]]
    n_groups: Mapping[str, int]
    largest_groups: Sequence[int]
    folds: Mapping[str, Mapping[str, int]]
    problems: Mapping[str, object]


def make_report(
    folder: Path, pictures: Pictures, folds: Sequence[Fold], problems: Problems, tables: Mapping[str, str]
) -> Report:
    """Count everything; the table and the folds must be on disk already, because the digest covers them."""
    whole = np.isin(pictures.kinds, [Kind.PHOTO.value, Kind.MEME.value])
    sizes = Counter(pictures.groups[whole].tolist())
    return Report(
        digest=content_digest(folder),
        tables=tables,
        by_source=_crossed(pictures.sources.tolist(), pictures.splits.tolist()),
        by_kind=_crossed(pictures.kinds.tolist(), pictures.splits.tolist()),
        by_family=_crossed(pictures.sources[whole].tolist(), pictures.families[whole].tolist()),
        labels=_labels(pictures, pictures.splits, whole),
        labels_by_source=_labels(pictures, pictures.sources, np.ones(len(pictures), dtype=np.bool_)),
        n_groups=dict(sorted(_n_groups(pictures).items())),
        largest_groups=sorted(sizes.values(), reverse=True)[:5],
        folds={fold.name: _fold_counts(pictures, fold) for fold in folds},
        problems=_problems(problems),
    )


def _crossed(rows: Sequence[str], columns: Sequence[str]) -> dict[str, dict[str, int]]:
    counts = Counter(zip(rows, columns, strict=True))
    crossed: dict[str, dict[str, int]] = {}
    for (row, column), n in sorted(counts.items()):
        crossed.setdefault(row, {})[column] = n
    return crossed


def _labels(
    pictures: Pictures, by: np.ndarray[tuple[int], np.dtype[np.str_]], among: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = {}
    for label in PICTURE_LABELS:
        values = pictures.column(label)
        yes, no = Counter(by[among & (values == YES)].tolist()), Counter(by[among & (values == NO)].tolist())
        found[label.value] = {name: {"yes": yes[name], "no": no[name]} for name in sorted(yes | no)}
    return found


def _n_groups(pictures: Pictures) -> Counter[str]:
    return Counter(source for source, _ in set(zip(pictures.sources.tolist(), pictures.groups.tolist(), strict=True)))


def _fold_counts(pictures: Pictures, fold: Fold) -> dict[str, int]:
    rows, values = masks(pictures, fold), pictures.column(fold.label)
    return {
        "train": int(rows.train.sum()),
        "held_out_yes": int((rows.test & (values == YES)).sum()),
        "held_out_no": int((rows.test & (values == NO)).sum()),
    }


def _problems(problems: Problems) -> dict[str, object]:
    return {
        "broken": [asdict(one) for one in problems.broken],
        "n_exact_pairs": problems.n_exact,
        "n_near_pairs": dict(problems.n_near.most_common()),
        "conflicts": [
            {"pictures": [one.left_id, one.right_id], "distance": one.distance, "labels": list(one.labels)}
            for one in problems.conflicts
        ],
    }


def write_report(folder: Path, report: Report) -> None:
    """Write `report.json`."""
    (folder / REPORT).write_text(json.dumps(asdict(report), indent=1, sort_keys=True) + "\n", encoding="utf-8")


SPLITS = (Split.TRAIN, Split.VALIDATION, Split.CALIBRATION, Split.TEST)
"""Pictures have no probes."""
