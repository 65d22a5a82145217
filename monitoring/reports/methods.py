"""Methods: which distance Evidently measures a column by, and from where on it counts as drift, for each kind.

They are distances, not p-values, so that they mean the same over 500 and over 5,000 rows: a report says how far apart
two distributions are, Weir's own verdict (`monitoring.drift`) says whether that is more than chance. Evidently chooses
nothing itself: its choice changes with the number of rows and has no correction for many columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from monitoring.windows.columns import Kind


@dataclass(frozen=True, slots=True)
class Method:
    """A distance between two samples of a column.

    Attributes:
        name: as Evidently spells it.
        title: as a person does.
        threshold: from here on it counts as drift.

    """

    name: str
    title: str
    threshold: float


_WASSERSTEIN: Final = Method("wasserstein", "Wasserstein distance in standard deviations of the reference", 0.1)
METHODS: Final[Mapping[Kind, Method]] = {
    Kind.NUMBER: _WASSERSTEIN,
    Kind.COUNT: _WASSERSTEIN,
    Kind.SHARE: _WASSERSTEIN,
    Kind.PROBABILITY: Method("psi", "Population stability index", 0.2),
    Kind.FLAG: Method("jensenshannon", "Jensen-Shannon distance", 0.05),
    Kind.CATEGORY: Method("jensenshannon", "Jensen-Shannon distance", 0.1),
}
"""By kind of column.

Source: 0.1 standard deviations and a Jensen-Shannon distance of 0.1 are the documented defaults of Evidently 0.7; half
of the latter for flags, because a rare flag that triples (1 % to 3 %) is at 0.05. A population stability index of 0.2
is the usual bound for "significant" in credit scoring (Siddiqi, Credit Risk Scorecards, 2006).
"""

CLASSIFIER: Final = Method("model", "Classifier two-sample test, area under the curve", 0.6)
"""How well a linear model tells window from reference; 0.5 is not at all.

Source: Lopez-Paz and Oquab, Revisiting Classifier Two-Sample Tests (2017). With 750 held-out rows the standard error of
the area is about 0.02 without a change, so 0.6 is five of them.
"""
MMD: Final = Method("mmd", "Maximum mean discrepancy, squared", 0.015)
"""Distance of the mean embeddings in the space of a Gaussian kernel, its width the median distance.

Source: Gretton et al., A Kernel Two-Sample Test (2012); the threshold is the documented default of Evidently 0.7.
"""
