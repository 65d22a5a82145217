"""The report of a refit: what became of each head, and what that changed on later labels that it never saw."""

from typing import Annotated

from pydantic import Field

from models.contracts import Category
from models.contracts.base import Value

Count = Annotated[int, Field(ge=0)]


class Difference(Value):
    """A difference, new less old, with a 95 % interval of a paired bootstrap over rows."""

    value: float
    low: float
    high: float


class HeldOut(Value):
    """A category on the held-out labels, by the old heads and the new ones.

    Attributes:
        log_loss: mean, in nats.
        pr_auc: None where one class is missing.

    """

    n_rows: Count
    n_positives: Count
    log_loss_old: float
    log_loss_new: float
    log_loss: Difference
    pr_auc_old: float | None = None
    pr_auc_new: float | None = None
    pr_auc: Difference | None = None


class HeadReport(Value):
    """What became of one head.

    Attributes:
        n_yes, n_no: reviewed rows that it could be fitted to.
        is_moved: it is another one now.
        reason: why it stayed; empty where it moved.
        strength: of the prior around the old head, in examples.
        gain: log loss a row that cross-validation gained.
        held_out: None without later labels.

    """

    category: Category
    n_yes: Count
    n_no: Count
    is_moved: bool
    reason: str = ""
    strength: float | None = None
    gain: float = 0.0
    held_out: HeldOut | None = None


class RefitReport(Value):
    """What a refit did.

    Attributes:
        bundle, version: of the new bundle; no bundle is written where no head moved.
        base_digest: of the bundle that it came from.
        labels_digest: sha256 of the file of labels.
        n_reviewed: examples with a text, without copies.
        n_held_out: of them the later ones, on which nothing was fitted.
        dropped: lines of the file that were no example, by reason.
        n_rehearsed: rows of the training data that were fitted to as well; 0 where it was not at hand.

    """

    bundle: str
    version: str
    base_digest: str
    labels_digest: str
    n_reviewed: Count
    n_held_out: Count
    n_rehearsed: Count
    dropped: dict[str, int]
    heads: tuple[HeadReport, ...]

    @property
    def moved(self) -> tuple[HeadReport, ...]:
        """The heads that are others now."""
        return tuple(head for head in self.heads if head.is_moved)
