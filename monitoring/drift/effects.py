"""Effects: how large a change must be to matter, by the unit it is measured in. Chance is another question."""

from dataclasses import dataclass
from typing import Final

H: Final = "Cohen's h"
AUC: Final = "AUC - 0.5"
KS: Final = "distance"
STANDARD: Final = "standard deviations"
SHARE: Final = "difference of shares"
DOUBLINGS: Final = "doublings"


@dataclass(frozen=True, slots=True)
class Effects:
    """The smallest changes that matter.

    Attributes:
        h: of a share, by Cohen's h: 0.12 is 50 % to 56 %, 10 % to 14 %, 1 % to 2.6 %. Cohen calls 0.2 small.
        auc: of a location: the chance that a value of the window is above one of the reference, less one half. 0.03 is
            0.1 standard deviations of a normal value, half of what Cohen calls small.
        ks: the largest distance between two distributions: this share of the rows moved.
        standard: of a mean embedding, in standard deviations along the direction that changed most.
        failures: of the share of items that got no decision.
        doublings: of the number of decisions: 1.0 is twice or half as many.

    Source: Cohen 1988, "Statistical Power Analysis for the Behavioral Sciences"; measured by `weir bench drift`.

    """

    h: float = 0.12
    auc: float = 0.03
    ks: float = 0.05
    standard: float = 0.2
    failures: float = 0.01
    doublings: float = 1.0
