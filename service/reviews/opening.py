"""Opening: the desk of an engine, its hook on decisions, and its routes."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter
from sqlalchemy import Engine as Database

from service.engine import Engine
from service.reviews.appeal_routes import build_appeal_router
from service.reviews.content import ContentKept, Keeping
from service.reviews.desk import MICRO, Desk, Shares
from service.reviews.enqueueing import ReviewHook
from service.reviews.label_routes import build_label_router
from service.reviews.outcomes import OutcomeHook
from service.reviews.routes import build_review_router
from service.reviews.sampling import KEY_PURPOSE, ReviewSample
from service.settings import Settings

_DAY_US = 86_400 * MICRO


def open_desk(engine: Engine) -> Desk:
    """Where reviewers work, by the settings of a running engine."""
    return make_desk(engine.database, engine.settings, engine.log.subject, engine.outcomes)


def make_desk(
    database: Database, settings: Settings, subject: Callable[[str], str], outcomes: Sequence[OutcomeHook]
) -> Desk:
    """The same over a database alone."""
    return Desk(
        database=database,
        keeping=Keeping(ContentKept(settings.review_content)),
        shares=Shares(settings.golden_share, settings.double_review_share),
        subject=subject,
        outcomes=outcomes,
        expiry_us=settings.review_expiry_days * _DAY_US or None,
    )


def open_review_hook(engine: Engine) -> ReviewHook:
    """What queues the decisions of an engine."""
    keeping = Keeping(ContentKept(engine.settings.review_content))
    sample = ReviewSample(engine.settings.review_sample_share, engine.log.fingerprint(KEY_PURPOSE, b""))
    return ReviewHook(keeping, engine.new_id, engine.recorder.review_queued, sample)


def build_review_routers(engine: Engine) -> list[APIRouter]:
    """The routes of reviews, appeals and labels."""
    desk = open_desk(engine)
    return [build_review_router(desk), build_appeal_router(desk), build_label_router(desk)]
