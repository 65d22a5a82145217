"""The engine: everything between texts and recorded decisions, opened together and closed together."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from models.contracts import FailureCode
from service.batcher import Batcher
from service.bundles import LoadedModel, load_text_model
from service.errors import records_unavailable
from service.identity import UuidSource
from service.metrics.recorder import Recorder, open_recorder
from service.metrics.slots import run_directory
from service.moderator import Judgement, Moderator
from service.policy.compiled import compile_policy
from service.policy.document import PolicyDocument, load_policy
from service.records.log import DecisionLog, open_log
from service.settings import Settings
from service.ticket import Ticket
from service.wire.limits import Limits

QUEUE_CHARS_PER_ITEM: Final = 4_000
"""Bounds the memory of a full queue: `max_queue_items` times so many characters."""

Outcome = Judgement | FailureCode
OnDecided = Callable[[list[Outcome]], None]

logger = logging.getLogger("bentoml.weir")


@dataclass
class Engine:
    """Scores, decides and records. Lives in one event loop.

    Attributes:
        draining: the process is about to stop: it still answers, but is not ready for more.

    """

    settings: Settings
    limits: Limits
    moderator: Moderator
    batcher: Batcher
    log: DecisionLog
    recorder: Recorder
    new_id: UuidSource = field(default_factory=UuidSource)
    draining: bool = False

    def submit(
        self, texts: Sequence[str], surface: str, on_decided: OnDecided, is_abandoned: Callable[[], bool] | None = None
    ) -> None:
        """Score texts; `on_decided` is called later with one judgement or failure a text. Decisions are recorded.

        Raises:
            RequestError: The queue is full (429), or decisions cannot be recorded (503).

        """
        if self.log.is_full:
            raise records_unavailable()
        began = time.perf_counter()

        def decide(ticket: Ticket) -> None:
            on_decided(self._decide(ticket, surface))

        self.batcher.submit(Ticket(texts, began, began + self.settings.deadline_ms / 1e3, decide, is_abandoned))
        self.recorder.queue_changed(self.batcher.n_items)

    def _decide(self, ticket: Ticket, surface: str) -> list[Outcome]:
        recorder = self.recorder
        results: list[Outcome] = []
        for outcome in ticket.outcomes:
            if outcome is None or isinstance(outcome, FailureCode):
                code = outcome or FailureCode.INTERNAL
                recorder.item_failed(code)
                results.append(code)
            else:
                judgement = self.moderator.judge(outcome)
                self.log.append(judgement, outcome, surface, ticket.submitted)
                recorder.item_decided(judgement.verdict.action)
                results.append(judgement)
        recorder.answered(time.perf_counter() - ticket.submitted)
        recorder.queue_changed(self.batcher.n_items)
        recorder.records_pending(self.log.n_pending)
        return results

    async def close(self) -> int:
        """Answer what is queued, then flush the records; returns how many could not be written."""
        self.draining = True
        await self.batcher.drain()
        return self.log.close(self.settings.drain_timeout_ms / 1e3)


def open_engine(settings: Settings, load: Callable[[Path], LoadedModel] | None = None) -> Engine:
    """Load the bundle and the policy, open the log, and connect them.

    Args:
        settings: the deployment's choices.
        load: turns `settings.bundles` into a model; the shipped runtime unless a test brings its own.

    Raises:
        BundlesError, BundleError: No bundle, several, or a broken one.
        PolicyError: The policy file is not usable.
        DatabaseError: The decision log cannot be opened.

    """
    model = (load or load_text_model)(settings.bundles)
    scorer = model.scorer
    document = load_policy(settings.policy)
    recorder = open_recorder(settings.metrics_dir or run_directory())
    new_id = UuidSource()
    return Engine(
        settings=settings,
        limits=Limits(settings.max_items, settings.max_text_chars),
        moderator=build_moderator(document, model, new_id),
        batcher=Batcher(
            scorer,
            recorder,
            settings.max_queue_items,
            settings.max_queue_items * QUEUE_CHARS_PER_ITEM,
            settings.max_batch_tokens,
        ),
        log=open_log(settings, document, (model.bundle,), scorer.labels, recorder.records_written),
        recorder=recorder,
        new_id=new_id,
    )


def build_moderator(document: PolicyDocument, model: LoadedModel, new_id: Callable[[], str]) -> Moderator:
    """The policy, resolved for a model.

    Raises:
        PolicyError: No rule can ever fire.

    """
    labels = model.scorer.labels
    policy = compile_policy(document, labels, model.thresholds)
    if policy.inactive:
        logger.info("policy %s: no loaded model scores %s", policy.name, ", ".join(policy.inactive))
    return Moderator(labels, policy, (model.bundle,), new_id)
