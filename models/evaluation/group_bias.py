"""Group bias: how a score treats texts that mention one group, against all others.

Subgroup AUC: harmful against harmless texts of the group. BPSN (background positive, subgroup negative): harmful texts
of the others against harmless ones of the group; low where mentioning the group alone raises the score. BNSP
(background negative, subgroup positive): harmless texts of the others against harmful ones of the group; low where harm
to the group is not seen.
Source: Borkan et al. (2019), "Nuanced metrics for measuring unintended bias with real data for text classification",
arXiv 1903.04561, section 3.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.arrays import Bools, Floats
from models.evaluation.metrics import areas

MIN_SIDE: Final = 20
"""Fewer positives or negatives than this and a rate or an area of a group says little: it is left out."""


@dataclass(frozen=True)
class GroupBias:
    """One group on one output. None where a side has fewer than `MIN_SIDE` rows.

    Attributes:
        n_rows: texts of the group with a known label.
        n_positives: harmful ones among them.
        fpr: share of its harmless texts that are flagged.
        tpr: share of its harmful texts that are flagged.

    """

    group: str
    n_rows: int
    n_positives: int
    fpr: float | None
    tpr: float | None
    subgroup_auc: float | None
    bpsn_auc: float | None
    bnsp_auc: float | None


def group_bias(
    group: str, member: Bools, probs: NDArray[np.floating], labels: NDArray[np.integer], threshold: float
) -> GroupBias:
    """Rates and areas of one group.

    Args:
        group: its name.
        member: which texts mention it. *Shape:* `(n,)`.
        probs: *Shape:* `(n,)`.
        labels: *Shape:* `(n,)`, 0 or 1.
        threshold: flags begin here.

    """
    yes, no = labels == 1, labels == 0
    return GroupBias(
        group=group,
        n_rows=int(member.sum()),
        n_positives=int((member & yes).sum()),
        fpr=_share(probs[member & no] >= threshold),
        tpr=_share(probs[member & yes] >= threshold),
        subgroup_auc=_auc(probs, member & yes, member & no),
        bpsn_auc=_auc(probs, ~member & yes, member & no),
        bnsp_auc=_auc(probs, member & yes, ~member & no),
    )


def widest_gap(rates: list[Floats]) -> Floats:
    """Highest minus lowest rate of the groups, one value a resample. *Shape:* `(r,)` each, and of the answer."""
    stacked = np.stack(rates)
    gap: Floats = stacked.max(axis=0) - stacked.min(axis=0)
    return gap


def _share(flagged: Bools) -> float | None:
    return float(flagged.mean()) if len(flagged) >= MIN_SIDE else None


def _auc(probs: NDArray[np.floating], positives: Bools, negatives: Bools) -> float | None:
    if min(int(positives.sum()), int(negatives.sum())) < MIN_SIDE:
        return None
    rows = positives | negatives
    return float(areas(probs[rows], positives[rows].astype(np.int64)).roc_auc[0])
