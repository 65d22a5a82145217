"""The engine: everything between content and recorded decisions, opened together and closed together."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Engine as Database

from models.contracts import FailureCode, ScoreSource
from service.asking import Ask, DecisionHook
from service.background import Background
from service.banks.matcher import BankMatcher
from service.banks.reloading import Banks
from service.banks.sample import Sample
from service.batcher import Batcher, TextQueue
from service.bundles import LoadedModels, load_models
from service.caching.opening import open_cache
from service.errors import RequestError, records_unavailable
from service.explainer import Explainer
from service.fetching.opening import read_rules
from service.identity import UuidSource
from service.judges import Judges
from service.known import open_known
from service.metrics.recorder import Recorder, open_recorder
from service.metrics.slots import run_directory
from service.moderator import Judgement
from service.panel import Panel, Ruling, build_panel
from service.policy.document import load_policy
from service.policy.facts import Facts
from service.recording import Kept, Recording, occasion_of
from service.records.acknowledgements import Acknowledgements
from service.records.log import DecisionLog, open_log
from service.records.schema import open_database
from service.reviews.outcomes import OutcomeHook
from service.rollout.opening import open_judges
from service.settings import Settings
from service.telemetry.passage import CURRENT, Stage, Trace, current_trace
from service.telemetry.watch import Watch, open_watch
from service.ticket import Scored, Ticket
from service.turns import read_turns
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
        judges: who decides for which tenant.
        budget: bytes of images, and of long bodies, that are in flight.
        recording: what is kept of decisions and of failures.
        outcomes: hear of what came of reviews and appeals before it is written.
        background: what runs beside the requests; closed with the engine, in this order.
        vision: None when no loaded model looks at images.
        explainer: says which words carried a score, where a request asks.
        watch: sees every request come and go.
        draining: the process is about to stop: it still answers, but is not ready for more.

    """

    settings: Settings
    limits: Limits
    models: LoadedModels
    judges: Judges
    batcher: TextQueue
    database: Database
    banks: Banks
    recorder: Recorder
    recording: Recording
    budget: ByteBudget
    explainer: Explainer
    vision: Vision | None = None
    outcomes: list[OutcomeHook] = field(default_factory=list)
    background: list[Background] = field(default_factory=list)
    new_id: UuidSource = field(default_factory=UuidSource)
    draining: bool = False
    watch: Watch = field(default_factory=Watch)

    @property
    def log(self) -> DecisionLog:
        """Where decisions are written."""
        return self.recording.log

    @property
    def hooks(self) -> list[DecisionHook]:
        """Hear of every recorded decision before it is written."""
        return self.recording.hooks

    def submit(self, texts: Sequence[str], ask: Ask, on_decided: OnDecided) -> None:
        """Score texts and decide; `on_decided` is called with one outcome a text once the decisions are on disk.

        Raises:
            RequestError: The queue is full (429), or decisions cannot be recorded (503).

        """
        try:
            self._submit(texts, ask, on_decided)
        except RequestError as error:
            self.recording.refuse(ask, len(texts), error)
            raise

    def _submit(self, texts: Sequence[str], ask: Ask, on_decided: OnDecided) -> None:
        self._require_log()
        began = time.perf_counter()
        _parsed(began)
        embeds = self.banks.matcher.has_text_embeddings and self.models.text.has_embeddings
        turns = read_turns(texts, ask.previous, reads=self.models.text.reads_previous, embeds=embeds)

        def decide(ticket: Ticket) -> None:
            self._decide(ticket, turns.outcomes(ticket.outcomes), ask, on_decided)

        deadline = began + self.settings.deadline_ms / 1e3
        self.batcher.submit(
            Ticket(turns.texts, began, deadline, decide, ask.is_abandoned, embeds, ask.is_background, turns.previous)
        )
        self.recorder.queue_changed(self.batcher.n_items)

    def examine(self, items: Sequence[Posted], ask: Ask, on_examined: OnExamined) -> None:
        """The same for items with images, which the wire accepts only when a model looks at them.

        Raises:
            RequestError: Too much waits (429), or decisions cannot be recorded (503).

        """
        try:
            self._examine(items, ask, on_examined)
        except RequestError as error:
            self.recording.refuse(ask, len(items), error)
            raise

    def _examine(self, items: Sequence[Posted], ask: Ask, on_examined: OnExamined) -> None:
        self._require_log()
        if self.vision is None:
            self.refuse([FailureCode.UNSUPPORTED_MODALITY] * len(items), ask)
            on_examined([ItemRefusedError(FailureCode.UNSUPPORTED_MODALITY) for _ in items])
            return
        began = time.perf_counter()
        _parsed(began)

        def record(outcomes: list[Examined]) -> None:
            self._record(items, outcomes, ask, began, on_examined)

        self.vision.examiner.submit(items, record)

    def refuse(self, codes: Sequence[FailureCode], ask: Ask) -> None:
        """Count items that fail before they are looked at, such as empty ones: one code an item."""
        for index, code in enumerate(codes):
            self.recording.fail(code, ask, index)

    def _require_log(self) -> None:
        if self.log.is_full:
            raise records_unavailable()

    def _decide(
        self, ticket: Ticket, outcomes: Sequence[Scored | FailureCode | None], ask: Ask, on_decided: OnDecided
    ) -> None:
        started, trace = time.perf_counter(), ticket.trace
        recorder, knows_texts = self.recorder, self.banks.matcher.has_texts
        results: list[Outcome] = []
        kept: list[Kept | None] = []
        for index, outcome in enumerate(outcomes):
            if outcome is None or isinstance(outcome, FailureCode):
                code = outcome or FailureCode.INTERNAL
                self.recording.fail(code, ask, index)
                results.append(code)
                kept.append(None)
                continue
            facts = ask.facts(index, outcome.text)
            occasion = occasion_of(ask, index, facts, ticket.submitted)
            panel = self.judges.panel(facts.tenant)
            ruling = self._recognise(panel, outcome, facts) if knows_texts else None
            if ruling is not None:
                results.append(ruling)
                kept.append(self.recording.keep_ruling(ruling, panel, outcome, occasion))
                recorder.item_known()
            else:
                judgement = panel.moderator.judge(outcome, facts)
                results.append(judgement)
                kept.append(self.recording.keep(judgement, outcome, occasion, facts, ask.turn(index)))

        def answer() -> None:
            recorder.answered(time.perf_counter() - ticket.submitted)
            on_decided(results)

        def apologise() -> None:
            late = FailureCode.RECORDS_UNAVAILABLE
            on_decided([outcome if entry is None else late for outcome, entry in zip(results, kept, strict=True)])

        recorder.queue_changed(self.batcher.n_items)
        if trace is not None:
            trace.stage(Stage.DECIDE, started, time.perf_counter())
        self.recording.write(kept, ask, _recorded(trace, answer), _recorded(trace, apologise))

    def _recognise(self, panel: Panel, scored: Scored, facts: Facts) -> Ruling | None:
        """The ruling on a text that a bank knows; None for any other."""
        known = self.banks.matcher.match(Sample(scored.text, scored.embedding))
        if not known.matches:
            return None
        return panel.decide([panel.text.opinion(ScoreSource.TEXT, scored.probs)], known, facts=facts)

    def _record(
        self, items: Sequence[Posted], outcomes: list[Examined], ask: Ask, began: float, on_examined: OnExamined
    ) -> None:
        recorder = self.recorder
        kept: list[Kept | None] = []
        for index, (posted, outcome) in enumerate(zip(items, outcomes, strict=True)):
            if isinstance(outcome, ItemRefusedError):
                self.recording.fail(outcome.code, ask, index)
                kept.append(None)
                continue
            kept.append(self.recording.keep_finding(posted, outcome, occasion_of(ask, index, posted.facts, began)))
            evidence = outcome.ruling.decision.evidence
            if evidence is not None and evidence.matches:
                recorder.item_known()

        def answer() -> None:
            recorder.answered(time.perf_counter() - began)
            on_examined(outcomes)

        def apologise() -> None:
            late = ItemRefusedError(FailureCode.RECORDS_UNAVAILABLE)
            on_examined([outcome if entry is None else late for outcome, entry in zip(outcomes, kept, strict=True)])

        trace = current_trace()
        self.recording.write(kept, ask, _recorded(trace, answer), _recorded(trace, apologise))

    async def close(self) -> int:
        """Answer what is queued, then flush the records; returns how many could not be written."""
        self.draining = True
        if self.vision is not None:
            await self.vision.close()
        await self.batcher.drain()
        await self.explainer.drain()
        for worker in self.background:
            await asyncio.to_thread(worker.close)
        self.banks.close()
        await asyncio.to_thread(self.watch.close)
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
    build_panel(document, models, new_id)  # an unusable file is refused before anything is written
    scoring = Batcher(
        models.text.scorer,
        recorder,
        settings.max_queue_items,
        settings.max_queue_items * QUEUE_CHARS_PER_ITEM,
        settings.max_batch_tokens,
        projects=models.text.has_embeddings,
    )
    database = open_database(settings.database_url)
    banks = open_known(database, models, recorder)
    judges = open_judges(database, settings, document, models, new_id)
    batcher = open_cache(
        settings,
        scoring,
        database,
        models.text.scored_by,
        lambda: judges.active.moderator.policy.version,
        recorder,
    )
    log = open_log(database, settings, recorder.records_written)
    budget = ByteBudget(settings.max_image_bytes_in_flight)

    def matcher() -> BankMatcher:
        return banks.matcher

    vision = None
    if models.images:
        reader = reader or open_reader_pool(open_now=True)
        vision = open_vision(settings, models, judges, batcher, matcher, recorder, budget, reader)
    return Engine(
        settings=settings,
        limits=Limits(
            settings.max_items,
            settings.max_text_chars,
            ImageLimits(settings.max_images, settings.max_image_bytes, read_rules(settings)) if vision else None,
        ),
        models=models,
        judges=judges,
        batcher=batcher,
        database=database,
        banks=banks,
        recorder=recorder,
        recording=Recording(log, recorder, Acknowledgements(settings.record_timeout_ms / 1e3)),
        budget=budget,
        explainer=Explainer(models.text.find_spans),
        vision=vision,
        new_id=new_id,
        watch=open_watch(settings),
    )


def _parsed(began: float) -> None:
    """The current request was read until now."""
    passage = CURRENT.get()
    if passage is not None and passage.trace is not None:
        passage.trace.parsed(passage.began, began)


def _recorded(trace: Trace | None, tell: Callable[[], None]) -> Callable[[], None]:
    """`tell`, which is called when the decisions are on disk or given up, with the time that this took."""
    if trace is None:
        return tell
    began = time.perf_counter()

    def told() -> None:
        trace.stage(Stage.RECORD, began, time.perf_counter())
        tell()

    return told
