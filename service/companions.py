"""Companions: what accompanies the engine besides scoring and deciding, such as review queue, jobs and webhooks.

Each part of the service that writes beside decisions (a hook) or works in the background is opened here, once a worker.
"""

import asyncio

from service.accountability.opening import open_purger
from service.engine import Engine
from service.jobs.opening import open_job_runner
from service.metrics.backlog import BacklogWatch
from service.records.failures import FailureWriter
from service.reviews.counting import OutcomeCounter
from service.reviews.opening import open_review_hook
from service.rollout.companions import open_rollout
from service.webhooks.opening import open_webhooks


def accompany(engine: Engine) -> None:
    """Open everything that goes with an engine; it is closed with the engine."""
    open_rollout(engine)
    engine.hooks.append(open_review_hook(engine))
    engine.outcomes.append(OutcomeCounter(engine.recorder))
    engine.background.append(open_purger(engine))
    engine.background.append(open_webhooks(engine))
    engine.background.append(open_backlog_watch(engine))
    if (loop := _running_loop()) is not None:
        engine.background.append(open_job_runner(engine, loop))
    engine.background.append(open_failure_writer(engine))  # closed last: it writes what failed until then


def open_failure_writer(engine: Engine) -> FailureWriter:
    """Start to write down what an engine counts of items without a decision."""
    writer = FailureWriter(engine.database, engine.recording.failures)
    writer.start()
    return writer


def open_backlog_watch(engine: Engine) -> BacklogWatch:
    """Start to tell the metrics what waits in an engine's database."""
    watch = BacklogWatch(engine.database, engine.recorder)
    watch.start()
    return watch


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop of this worker; None where an engine is opened to look at it and not to serve."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
