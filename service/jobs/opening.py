"""Opening: the jobs of an engine: their runner, and their routes."""

import asyncio

from fastapi import APIRouter

from service.access.principal import Principal
from service.engine import Engine
from service.idempotency.store import AnswerStore
from service.identity import UuidSource
from service.jobs.chunks import Flights
from service.jobs.files import JobFiles, job_folder
from service.jobs.reading import InputReader
from service.jobs.routes import JobDesk, WebhookCheck, build_job_router
from service.jobs.runner import JobRunner
from service.jobs.store import JobStore


def open_job_runner(engine: Engine, loop: asyncio.AbstractEventLoop) -> JobRunner:
    """Start running jobs in this worker; `loop` is the engine's."""
    store = JobStore(engine.database, UuidSource())
    files = JobFiles(job_folder(engine.settings))
    runner = JobRunner(engine, store, files, Flights(engine, store, loop), reader_of(engine))
    runner.start()
    return runner


def build_jobs_router(engine: Engine, has_webhook: WebhookCheck) -> APIRouter:
    """The routes of jobs."""
    settings = engine.settings
    desk = JobDesk(
        store=JobStore(engine.database, UuidSource()),
        files=JobFiles(job_folder(settings)),
        reader=reader_of(engine),
        answers=AnswerStore(engine.database, settings.idempotency_hours),
        fingerprint=engine.log.fingerprint,
        has_webhook=has_webhook,
        default_tenant=settings.tenant,
        max_bytes=settings.max_job_bytes,
    )
    return build_job_router(desk)


def reader_of(engine: Engine) -> InputReader:
    """Reads inputs under the limits of an engine's requests."""
    settings = engine.settings
    return InputReader(
        engine.limits, settings.max_body_bytes if engine.vision is None else settings.max_image_body_bytes
    )


def no_webhooks(webhook_id: str, principal: Principal) -> bool:  # noqa: ARG001
    """There are none."""
    return False
