"""Assessment: everything that the rounds say about unseen sources, as one value: numbers, calibration, thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import (
    Box,
    CalibrationTable,
    Category,
    OperatingPoint,
    RegionKind,
    ThresholdTable,
)
from models.contracts.base import Value
from models.evaluation.calibration import fit_platt
from models.evaluation.pictures.places import choose_place_threshold, measure_places
from models.evaluation.pictures.unseen import (
    Unseen,
    any_false_alarm,
    choose_unseen_thresholds,
    measure_unseen,
    nested_flags,
)
from models.evaluation.results import Estimate
from models.runtime.calibration import apply_calibration

PLACE_TARGETS: Final[dict[RegionKind, float]] = {
    RegionKind.WEAPONS: 0.73,
    RegionKind.FIRE: 0.73,
    RegionKind.FACE: 0.94,
    RegionKind.PLATE: 0.94,
}
"""Share of the labelled area that a threshold covers on the rows it is chosen on: a little more than is promised."""
GATE_MISSES: Final = 0.02
"""Share of pictures with text that the gate may miss on the rows it is chosen on."""


class UnseenRow(Value):
    """One system on one category and one unseen source of positives."""

    system: str
    category: str
    source: str
    n_positives: int
    n_ordinary: int
    roc_auc: Estimate
    pr_auc: Estimate
    recall: Estimate
    false_alarms: Estimate


class AlarmRow(Value):
    """Share of a source's ordinary photographs that one system flags for any category, unseen."""

    system: str
    source: str
    share: Estimate


class PlaceRow(Value):
    """Boxes of one kind on unseen pictures. `nested`: the threshold was chosen on other rounds."""

    kind: RegionKind
    threshold: float
    covered: float
    area_covered: float
    blurred: float
    n_boxes: int
    nested: bool


class GateRow(Value):
    """The text gate on one source: shares of pictures that are read.

    `unseen`: the gate was fitted without the source; otherwise these are unseen pictures of a known source.
    """

    source: str
    unseen: bool
    n_with_text: int
    n_without_text: int
    read_with_text: float
    read_without_text: float


class Assessment(Value):
    """What is known before a bundle is made, and what it needs to be made."""

    unseen: tuple[UnseenRow, ...]
    alarms: tuple[AlarmRow, ...]
    places: tuple[PlaceRow, ...]
    gate: tuple[GateRow, ...]
    calibration: CalibrationTable
    thresholds: ThresholdTable
    region_thresholds: dict[RegionKind, float]
    text_gate: float


@dataclass(frozen=True)
class Spoken:
    """What is known of the pictures that rounds spoke about, row for row with their predictions.

    Attributes:
        rounds, sources: *Shape:* `(n,)`.
        groups: near-duplicates share one. *Shape:* `(n,)`.
        photographs: as they came from a camera or the web, no drawings and no memes. *Shape:* `(n,)`.
        for_scores: the round leaves whole sources out. *Shape:* `(n,)`.
        labels: 1, 0 or -1, columns as `names`. *Shape:* `(n, L)`.
        names: labels, then auxiliary labels.
        boxes: labelled places by kind.

    """

    rounds: NDArray[np.str_]
    sources: NDArray[np.str_]
    groups: NDArray[np.int64]
    photographs: NDArray[np.bool_]
    for_scores: NDArray[np.bool_]
    labels: NDArray[np.int8]
    names: tuple[str, ...]
    boxes: Mapping[RegionKind, Sequence[Sequence[Box]]]

    def unseen(self, logits: NDArray[np.floating], column: int, n_labels: int) -> tuple[Unseen, NDArray[np.bool_]]:
        """One category's rows of photographs with a known label, and which rows they are."""
        ordinary = self.photographs & (self.labels[:, :n_labels] == 0).all(axis=1)
        rows = self.photographs & self.for_scores & (self.labels[:, column] >= 0)
        return Unseen(
            logits[rows, column],
            self.labels[rows, column],
            self.rounds[rows],
            self.sources[rows],
            ordinary[rows],
            self.groups[rows],
        ), rows


@dataclass(frozen=True)
class GateSaid:
    """What text gates said of pictures whose source they had not seen.

    Attributes:
        logits: *Shape:* `(n,)`.
        has_text: *Shape:* `(n,)`.
        sources: *Shape:* `(n,)`.

    """

    logits: NDArray[np.floating]
    has_text: NDArray[np.bool_]
    sources: NDArray[np.str_]


def assess(
    spoken: Spoken,
    systems: Mapping[str, NDArray[np.floating]],
    regions: NDArray[np.floating],
    said: GateSaid,
    said_of_test: GateSaid,
    categories: tuple[Category, ...],
    seed: int,
) -> Assessment:
    """Measure every system on unseen sources, and fit what the first one needs to ship.

    Args:
        spoken: the pictures.
        systems: logits by name, the model's own first. *Shape:* `(n, >= len(categories))` each.
        regions: the model's probabilities of places. *Shape:* `(n, K, s, s)`, kinds in the order of `spoken.boxes`.
        said: by text gates that had not seen the sources; chooses the threshold.
        said_of_test: by the text gate that ships, of the test split.
        categories: the first columns of the logits.
        seed: of the bootstrap.

    """
    own = next(iter(systems.values()))
    results = [_assess_system(spoken, name, logits, categories, seed) for name, logits in systems.items()]
    calibration, thresholds = fit_tables(spoken, own, categories)
    gate = gate_threshold(said)
    chosen, places = assess_places(spoken, regions)
    return Assessment(
        unseen=tuple(row for rows, _ in results for row in rows),
        alarms=tuple(row for _, rows in results for row in rows),
        places=tuple(places),
        gate=(*assess_gate(said, gate, unseen=True), *assess_gate(said_of_test, gate, unseen=False)),
        calibration=calibration,
        thresholds=thresholds,
        region_thresholds=chosen,
        text_gate=round(float(1.0 / (1.0 + np.exp(-gate))), 6),
    )


def _assess_system(
    spoken: Spoken, name: str, logits: NDArray[np.floating], categories: tuple[Category, ...], seed: int
) -> tuple[list[UnseenRow], list[AlarmRow]]:
    rows, flags = [], []
    ordinary = spoken.photographs & spoken.for_scores & (spoken.labels[:, : len(categories)] == 0).all(axis=1)
    for column, category in enumerate(categories):
        unseen, kept = spoken.unseen(logits, column, len(categories))
        flagged = nested_flags(unseen, OperatingPoint.BALANCED)
        for source in (None, *np.unique(unseen.sources[unseen.labels == 1])):
            found = measure_unseen(unseen, flagged, source, seed)
            rows.append(UnseenRow(system=name, category=category.value, **vars(found)))
        everywhere = np.zeros(len(logits), dtype=bool)
        everywhere[np.flatnonzero(kept)] = flagged
        flags.append(everywhere[ordinary])
    plain = Unseen(
        logits[ordinary, 0],
        spoken.labels[ordinary, 0],
        spoken.rounds[ordinary],
        spoken.sources[ordinary],
        np.ones(int(ordinary.sum()), dtype=bool),
        spoken.groups[ordinary],
    )
    shares = any_false_alarm(flags, plain, seed)
    return rows, [AlarmRow(system=name, source=source, share=share) for source, share in shares.items()]


def fit_tables(
    spoken: Spoken, logits: NDArray[np.floating], categories: tuple[Category, ...]
) -> tuple[CalibrationTable, ThresholdTable]:
    """Calibration and operating points from what was said about unseen sources.

    Platt, because its curve rises strictly: the operating points lie where a free curve would be flat at 1.
    """
    maps, points = {}, {}
    for column, category in enumerate(categories):
        unseen, _ = spoken.unseen(logits, column, len(categories))
        maps[category] = fit_platt(unseen.scores.astype(np.float64), unseen.labels.astype(np.int64))
        chosen = choose_unseen_thresholds(unseen.scores[unseen.ordinary], unseen.sources[unseen.ordinary])
        probs = apply_calibration(np.array(list(chosen.values())), maps[category])
        points[category] = dict(zip(chosen, probs.tolist(), strict=True))
    return CalibrationTable(categories=dict(maps)), ThresholdTable(categories=points)


def assess_places(spoken: Spoken, regions: NDArray[np.floating]) -> tuple[dict[RegionKind, float], list[PlaceRow]]:
    """Thresholds of places and what they cover: each round with the threshold of the others, where they have boxes."""
    chosen: dict[RegionKind, float] = {}
    rows = []
    for channel, (kind, truth) in enumerate(spoken.boxes.items()):
        probs, has_boxes = regions[:, channel], np.array([bool(boxes) for boxes in truth])
        target = PLACE_TARGETS[kind]
        for name in np.unique(spoken.rounds[has_boxes]):
            here, others = has_boxes & (spoken.rounds == name), has_boxes & (spoken.rounds != name)
            fit = others if others.any() else here
            threshold = choose_place_threshold(probs[fit], _picked(truth, fit), kind, target).threshold
            found = measure_places(probs[here], _picked(truth, here), kind, threshold)
            rows.append(PlaceRow(kind=kind, nested=bool(others.any()), **vars(found)))
        chosen[kind] = choose_place_threshold(probs[has_boxes], _picked(truth, has_boxes), kind, target).threshold
    return chosen, rows


def gate_threshold(said: GateSaid) -> float:
    """The logit that misses at most `GATE_MISSES` of the pictures with text, as a mean over sources that have some."""
    weights = np.zeros(len(said.logits))
    for source in np.unique(said.sources[said.has_text]):
        rows = (said.sources == source) & said.has_text
        weights[rows] = 1.0 / rows.sum()
    order = np.argsort(said.logits[said.has_text], kind="stable")
    missed = np.cumsum(weights[said.has_text][order]) / weights.sum()
    at = int(np.searchsorted(missed, GATE_MISSES, side="right"))
    return float(said.logits[said.has_text][order[min(at, len(order) - 1)]])


def assess_gate(said: GateSaid, threshold: float, *, unseen: bool) -> list[GateRow]:
    """What the gate lets through, by source."""
    read = said.logits >= threshold
    rows = []
    for source in np.unique(said.sources):
        yes, no = ((said.sources == source) & (said.has_text == value) for value in (True, False))
        rows.append(
            GateRow(
                source=str(source),
                unseen=unseen,
                n_with_text=int(yes.sum()),
                n_without_text=int(no.sum()),
                read_with_text=float(read[yes].mean()) if yes.any() else 0.0,
                read_without_text=float(read[no].mean()) if no.any() else 0.0,
            )
        )
    return rows


def _picked(truth: Sequence[Sequence[Box]], rows: NDArray[np.bool_]) -> list[Sequence[Box]]:
    return [truth[int(row)] for row in np.flatnonzero(rows)]
