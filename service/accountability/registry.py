"""The registry: everything that is kept for some time, and everything that forgets a person.

A part of the service that keeps rows adds its line here, in the order in which things are purged or erased.
"""

from service.accountability.decisions import retained_decisions
from service.accountability.erasers import Eraser
from service.accountability.retention import Retained
from service.reviews.forgetting import ReviewEraser, content_retention
from service.settings import Settings


def retained_kinds(settings: Settings) -> tuple[Retained, ...]:
    """All kinds of records with how long this deployment keeps them; decisions last, as others refer to them."""
    return (
        content_retention(settings.review_content_days),
        retained_decisions(settings.retain_decisions_days),
    )


def erasers() -> tuple[Eraser, ...]:
    """All that forget a person, besides the decision log itself."""
    return (ReviewEraser(),)
