"""The registry: everything that is kept for some time, and everything that forgets a person.

A part of the service that keeps rows adds its line here, in the order in which things are purged or erased.
A test holds it against all classes and functions of the service that offer such a thing.
"""

from service.accountability.decisions import retained_decisions
from service.accountability.erasers import Eraser
from service.accountability.failures import retained_failures
from service.accountability.retention import Retained
from service.idempotency.keeping import answers_retention
from service.jobs.forgetting import JobEraser
from service.jobs.keeping import job_retention
from service.reviews.forgetting import ReviewEraser, content_retention, review_retention
from service.rollout.forgetting import ShadowEraser, retained_shadow_decisions
from service.settings import Settings
from service.webhooks.keeping import DeliveryEraser, deliveries_retention


def retained_kinds(settings: Settings) -> tuple[Retained, ...]:
    """All kinds of records with how long this deployment keeps them; decisions last, as others refer to them."""
    return (
        content_retention(settings.review_content_days),
        *review_retention(settings.retain_reviews_days),
        answers_retention(settings.idempotency_hours),
        *job_retention(settings),
        deliveries_retention(settings.webhook_delivery_days),
        retained_shadow_decisions(settings.retain_shadow_decisions_days),
        retained_failures(settings.retain_decisions_days),
        retained_decisions(settings.retain_decisions_days),
    )


def erasers() -> tuple[Eraser, ...]:
    """All that forget a person, besides the decision log itself."""
    return (ReviewEraser(), ShadowEraser(), DeliveryEraser(), JobEraser())
