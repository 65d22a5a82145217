"""The engine: everything between content and recorded decisions, opened together and closed together."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Engine as Database

from models.contracts import FailureCode, ScoreSource
from service.banks.matcher import BankMatcher
from service.banks.reloading import Banks
from service.banks.sample import Sample
from service.batcher import Batcher
from service.bundles import LoadedModels, load_models
from service.errors import records_unavailable
from service.identity import UuidSource
from service.known import open_known
from service.metrics.recorder import Recorder, open_recorder
from service.metrics.slots import run_directory
from service.moderator import Judgement, Moderator
from service.panel import Panel, Ruling, build_panel
from service.policy.document import load_policy
from service.records.log import DecisionLog, open_log
from service.records.schema import open_database
from service.settings import Settings
from service.ticket import Scored, Ticket
from service.vision.budget import ByteBudget
from service.vision.examiner import Examined
from service.vision.finding import Posted
from service.vision.opening import Vision, open_vision
from service.vision.reader_pool import open_reader_pool
from service.vision.refusal import ItemRefusedError
from service.vision.scorers import Reader
from service.wire.limits import ImageLimits, Limits

QUEUE_CHARS_PER_ITEM: Final = 4_000
"""Bounds the memory of a full queue: `max_queue_items` times so many characters."""

Outcome = Judgement | Ruling | FailureCode
"""What every text gets: a judgement, or the panel's ruling where a bank had a part in it, or a failure."""
OnDecided = Callable[[list[Outcome]], None]
OnExamined = Callable[[list[Examined]], None]

logger = logging.getLogger("bentoml.weir")


@dataclass
class Engine:
    """Scores, decides and records. Lives in one event loop.

    Attributes:
        budget: bytes of images, and of long bodies, that are in flight.
        vision: None when no loaded model looks at images.
        draining: the process is about to stop: it still answers, but is not ready for more.

    """

    settings: Settings
    limits: Limits
    models: LoadedModels
    panel: Panel
    moderator: Moderator
    batcher: Batcher
    database: Database
    banks: Banks
    log: DecisionLog
    recorder: Recorder
    budget: ByteBudget
    vision: Vision | None = None
    new_id: UuidSource = field(default_factory=UuidSource)
    draining: bool = False

    def submit(
        self, texts: Sequence[str], surface: str, on_decided: OnDecided, is_abandoned: Callable[[], bool] | None = None
    ) -> None:
        """Score texts; `on_decided` is called later with one outcome a text. Decisions are recorded.

        Raises:
            RequestError: The queue is full (429), or decisions cannot be recorded (503).

        """
        if self.log.is_full:
            raise records_unavailable()
        began = time.perf_counter()

        def decide(ticket: Ticket) -> None:
            on_decided(self._decide(ticket, surface))

        deadline = began + self.settings.deadline_ms / 1e3
        embeds = self.banks.matcher.has_text_embeddings and self.models.text.has_embeddings
        self.batcher.submit(Ticket(texts, began, deadline, decide, is_abandoned, embeds))
        self.recorder.queue_changed(self.batcher.n_items)

    def examine(self, items: Sequence[Posted], surface: str, on_examined: OnExamined) -> None:
        """The same for items with images, which the wire accepts only when a model looks at them.

        Raises:
            RequestError: Too much waits (429), or decisions cannot be recorded (503).

        """
        if self.log.is_full:
            raise records_unavailable()
        if self.vision is None:
            on_examined([ItemRefusedError(FailureCode.UNSUPPORTED_MODALITY) for _ in items])
            return
        began = time.perf_counter()

        def record(outcomes: list[Examined]) -> None:
            self._record(outcomes, surface, began)
            on_examined(outcomes)

        self.vision.examiner.submit(items, record)

    def _decide(self, ticket: Ticket, surface: str) -> list[Outcome]:
        recorder, knows_texts = self.recorder, self.banks.matcher.has_texts
        results: list[Outcome] = []
        for outcome in ticket.outcomes:
            if outcome is None or isinstance(outcome, FailureCode):
                code = outcome or FailureCode.INTERNAL
                recorder.item_failed(code)
                results.append(code)
            elif knows_texts and (ruling := self._recognise(outcome, surface, ticket.submitted)) is not None:
                results.append(ruling)
            else:
                judgement = self.moderator.judge(outcome)
                self.log.append(judgement, outcome, surface, ticket.submitted)
                recorder.item_decided(judgement.verdict.action)
                results.append(judgement)
        recorder.answered(time.perf_counter() - ticket.submitted)
        recorder.queue_changed(self.batcher.n_items)
        recorder.records_pending(self.log.n_pending)
        return results

    def _recognise(self, scored: Scored, surface: str, began: float) -> Ruling | None:
        """The ruling on a text that a bank knows; None for any other."""
        known = self.banks.matcher.match(Sample(scored.text, scored.embedding))
        if not known.matches:
            return None
        ruling = self.panel.decide([self.panel.text.opinion(ScoreSource.TEXT, scored.probs)], known)
        self.log.append_decision(ruling.decision, surface, began, scored.text, scored.features)
        self.recorder.item_decided(ruling.decision.action)
        self.recorder.item_known()
        return ruling

    def _record(self, outcomes: Sequence[Examined], surface: str, began: float) -> None:
        recorder = self.recorder
        for outcome in outcomes:
            if isinstance(outcome, ItemRefusedError):
                recorder.item_failed(outcome.code)
                continue
            decision = outcome.ruling.decision
            self.log.append_decision(
                decision,
                surface,
                began,
                outcome.text,
                outcome.text_features,
                outcome.digests,
                outcome.image_features,
            )
            recorder.item_decided(decision.action)
            if decision.evidence is not None and decision.evidence.matches:
                recorder.item_known()
        recorder.answered(time.perf_counter() - began)
        recorder.records_pending(self.log.n_pending)

    async def close(self) -> int:
        """Answer what is queued, then flush the records; returns how many could not be written."""
        self.draining = True
        if self.vision is not None:
            await self.vision.close()
        await self.batcher.drain()
        self.banks.close()
        return self.log.close(self.settings.drain_timeout_ms / 1e3)


def open_engine(
    settings: Settings, load: Callable[[Path], LoadedModels] | None = None, reader: Reader | None = None
) -> Engine:
    """Load the bundles and the policy, open the log and the banks, and connect them.

    Args:
        settings: the deployment's choices.
        load: turns `settings.bundles` into models; the shipped runtime unless a test brings its own.
        reader: of words in pictures; likewise.

    Raises:
        BundlesError, BundleError: The bundles do not fit each other, or one is broken.
        PolicyError: The policy file is not usable.
        DatabaseError: The decision log cannot be opened.

    """
    models = (load or load_models)(settings.bundles)
    document = load_policy(settings.policy)
    recorder = open_recorder(settings.metrics_dir or run_directory())
    new_id = UuidSource()
    panel = build_panel(document, models, new_id)
    batcher = Batcher(
        models.text.scorer,
        recorder,
        settings.max_queue_items,
        settings.max_queue_items * QUEUE_CHARS_PER_ITEM,
        settings.max_batch_tokens,
    )
    database = open_database(settings.database_url)
    banks = open_known(database, models, recorder)
    log = open_log(database, settings, document, models.bundles, panel.moderator.labels, recorder.records_written)
    budget = ByteBudget(settings.max_image_bytes_in_flight)

    def matcher() -> BankMatcher:
        return banks.matcher

    vision = None
    if models.images:
        reader = reader or open_reader_pool(open_now=True)
        vision = open_vision(settings, models, panel, batcher, matcher, recorder, budget, reader)
    return Engine(
        settings=settings,
        limits=Limits(
            settings.max_items,
            settings.max_text_chars,
            ImageLimits(settings.max_images, settings.max_image_bytes) if vision else None,
        ),
        models=models,
        panel=panel,
        moderator=panel.moderator,
        batcher=batcher,
        database=database,
        banks=banks,
        log=log,
        recorder=recorder,
        budget=budget,
        vision=vision,
        new_id=new_id,
    )
