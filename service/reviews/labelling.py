"""Labelling: every human verdict as labelled examples, with everything that tells where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from models.contracts import Category
from service.reviews.desk import Desk
from service.reviews.recorded import Recorded
from service.reviews.tables import review_labels
from service.reviews.values import LabelSource, LabelValue, VerdictKind


@dataclass(frozen=True, slots=True)
class Said:
    """What one person said at one time.

    Attributes:
        derived: labels that nobody named, but that follow from the verdict.

    """

    reviewer: str
    source: LabelSource
    at_us: int
    labels: Mapping[Category, LabelValue]
    derived: Mapping[Category, LabelValue] = field(default_factory=dict)


def derived_labels(
    decision: Recorded, verdict: VerdictKind, named: Mapping[Category, LabelValue]
) -> dict[Category, LabelValue]:
    """What a verdict says of harms that the reviewer did not name.

    Upholding or changing an action says yes to the harms whose rules set it; overturning says no to every harm that
    a rule named. What a reviewer names is believed instead.
    """
    if verdict is VerdictKind.OVERTURN:
        meant, value = decision.categories(deciding=False), LabelValue.NO
    else:
        meant, value = decision.categories(deciding=True), LabelValue.YES
    return {category: value for name in meant if (category := Category(name)) not in named}


def write_labels(desk: Desk, connection: Connection, decision: Recorded, said: Said) -> int:
    """Write one row a category; returns how many."""
    rows = [
        {
            "label_id": desk.new_id(),
            "decision_id": decision.decision_id,
            "tenant": decision.tenant,
            "category": category.value,
            "value": value.value,
            "reviewer": said.reviewer,
            "source": said.source.value,
            "is_derived": is_derived,
            "at_us": said.at_us,
            "policy_name": decision.policy_name,
            "policy_version": decision.policy_version,
            "bundles": decision.bundle_digests,
            "prob": decision.scores.get(category.value),
        }
        for is_derived, labels in ((False, said.labels), (True, said.derived))
        for category, value in labels.items()
    ]
    if rows:
        connection.execute(review_labels.insert(), rows)
    return len(rows)
