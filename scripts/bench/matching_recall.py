"""What a trial says: which share of edited pictures each way of looking finds, at which rate of false matches."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.runtime.matching.hamming_index import MAX_DISTANCE
from scripts.bench.matching_edits import PICTURE_EDITS
from scripts.bench.matching_pictures import Floats, Known, Trial
from scripts.bench.matching_report import Sheet, rate, share

FALSE_RATES: Final = (1e-4, 1e-6)
"""Highest rates of false matches, a pair of different pictures, that thresholds are chosen for."""

Matches = NDArray[np.bool_]


def threshold_at(false_distances: Floats, max_rate: float) -> float:
    """The largest distance that lets at most this share of pairs of different pictures match."""
    n_allowed = int(max_rate * false_distances.size)
    limit = np.partition(false_distances, n_allowed)[n_allowed]
    below = false_distances[false_distances < limit]
    return float(below.max()) if below.size else 0.0


def recall_sheets(known: Known, trial: Trial) -> list[Sheet]:
    """Recall by edit. Thresholds are chosen on one half of the sources and everything is counted on the other."""
    chosen, counted = trial.half(0), trial.half(1)
    ways: dict[str, Matches] = {f"PDQ, {MAX_DISTANCE} bits": counted.pdq <= MAX_DISTANCE}
    if chosen.embedding is not None and counted.embedding is not None:
        false = chosen.embedding[~chosen.is_source()]
        for max_rate in FALSE_RATES:
            limit = threshold_at(false, max_rate)
            matches = counted.embedding <= limit
            ways[f"embedding, {limit:.3f}"] = matches
            ways[f"either, {limit:.3f}"] = matches | (counted.pdq <= MAX_DISTANCE)
    return [_recall(known, counted, ways), _views(trial)]


def _recall(known: Known, trial: Trial, ways: dict[str, Matches]) -> Sheet:
    is_source = trial.is_source()
    found = [matches[is_source] for matches in ways.values()]
    rows = [(name, *(share(values[trial.edits == name].mean()) for values in found)) for name in PICTURE_EDITS]
    rows.append(("all", *(share(values.mean()) for values in found)))
    n_pairs = int((~is_source).sum())
    rows.append(
        ("false matches, a pair", *(rate(int(matches[~is_source].sum()), n_pairs) for matches in ways.values()))
    )
    note = (
        f"{len(np.unique(trial.sources))} of {len(known.paths):,} known pictures, edited and compressed again, "
        f"looked up among all of them. {known.n_left_out} near-duplicates by PDQ were left out first, which flatters "
        "its own rate of false matches."
    )
    if len(ways) > 1:
        note += (
            " Distances for the embedding were chosen on as many other pictures, to let at most "
            f"{' or '.join(f'{one:.0e}' for one in FALSE_RATES)} of the pairs of different pictures match."
        )
    return Sheet("Edited pictures found", ("edit", *ways), tuple(rows), note)


def _views(trial: Trial) -> Sheet:
    own = trial.pdq[trial.is_source()]
    rows = []
    for name in PICTURE_EDITS:
        is_edit = trial.edits == name
        values = (own[is_edit], trial.views[is_edit])
        rows.append((name, *(share((distances <= MAX_DISTANCE).mean()) for distances in values)))
    return Sheet(
        "Enrolling five sub-crops of each picture for PDQ",
        ("edit", "the picture alone", "and its sub-crops"),
        tuple(rows),
        "Six hashes an item, and still most random crops lie between them: not done.",
    )
