"""The engine: everything between content and recorded decisions, opened together and closed together."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Engine as Database

from models.contracts import FailureCode, ScoreSource
from service.asking import Ask, Decided, DecisionHook
from service.background import Background
from service.banks.matcher import BankMatcher
from service.banks.reloading import Banks
from service.banks.sample import Sample
from service.batcher import Batcher, TextQueue
from service.bundles import LoadedModels, load_models
from service.caching.opening import open_cache
from service.errors import RequestError, records_unavailable
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
from service.records.acknowledgements import Acknowledgements
from service.records.failures import FailureCounts
from service.records.log import DecisionLog, Occasion, Vectors, open_log
from service.records.schema import open_database
from service.records.tables import Row
from service.records.writer import Unit, Write
from service.reviews.outcomes import OutcomeHook
from service.rollout.opening import open_judges
from service.settings import Settings
from service.telemetry.passage import CURRENT, Stage, Trace, current_trace
from service.telemetry.watch import Watch, open_watch
from service.ticket import Scored, Ticket
from service.vision.budget import ByteBudget
from service.vision.examiner import Examined
from service.vision.finding import Finding, Posted
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


class Kept(NamedTuple):
    """What is kept of one decision: its record, and what hooks hear of it."""

    row: Row
    decided: Decided


logger = logging.getLogger("bentoml.weir")


@dataclass
class Engine:
    """Scores, decides and records. Lives in one event loop.

    Attributes:
        judges: who decides for which tenant.
        budget: bytes of images, and of long bodies, that are in flight.
        hooks: hear of every recorded decision before it is written.
        acknowledgements: answers that wait for the disk.
        failures: items without a decision, counted until a background worker writes them down.
        outcomes: hear of what came of reviews and appeals before it is written.
        background: what runs beside the requests; closed with the engine, in this order.
        vision: None when no loaded model looks at images.
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
    log: DecisionLog
    recorder: Recorder
    budget: ByteBudget
    acknowledgements: Acknowledgements
    failures: FailureCounts = field(default_factory=FailureCounts)
    vision: Vision | None = None
    hooks: list[DecisionHook] = field(default_factory=list)
    outcomes: list[OutcomeHook] = field(default_factory=list)
    background: list[Background] = field(default_factory=list)
    new_id: UuidSource = field(default_factory=UuidSource)
    draining: bool = False
    watch: Watch = field(default_factory=Watch)

    def submit(self, texts: Sequence[str], ask: Ask, on_decided: OnDecided) -> None:
        """Score texts and decide; `on_decided` is called with one outcome a text once the decisions are on disk.

        Raises:
            RequestError: The queue is full (429), or decisions cannot be recorded (503).

        """
        if self.log.is_full:
            self._refuse_all(len(texts), ask, FailureCode.RECORDS_UNAVAILABLE)
            raise records_unavailable()
        began = time.perf_counter()
        _parsed(began)

        def decide(ticket: Ticket) -> None:
            self._decide(ticket, ask, on_decided)

        deadline = began + self.settings.deadline_ms / 1e3
        embeds = self.banks.matcher.has_text_embeddings and self.models.text.has_embeddings
        try:
            self.batcher.submit(Ticket(texts, began, deadline, decide, ask.is_abandoned, embeds, ask.is_background))
        except RequestError:
            self._refuse_all(len(texts), ask, FailureCode.OVERLOADED)
            raise
        self.recorder.queue_changed(self.batcher.n_items)

    def examine(self, items: Sequence[Posted], ask: Ask, on_examined: OnExamined) -> None:
        """The same for items with images, which the wire accepts only when a model looks at them.

        Raises:
            RequestError: Too much waits (429), or decisions cannot be recorded (503).

        """
        if self.log.is_full:
            self._refuse_all(len(items), ask, FailureCode.RECORDS_UNAVAILABLE)
            raise records_unavailable()
        if self.vision is None:
            self._refuse_all(len(items), ask, FailureCode.UNSUPPORTED_MODALITY)
            on_examined([ItemRefusedError(FailureCode.UNSUPPORTED_MODALITY) for _ in items])
            return
        began = time.perf_counter()
        _parsed(began)

        def record(outcomes: list[Examined]) -> None:
            self._record(items, outcomes, ask, began, on_examined)

        self.vision.examiner.submit(items, record)

    def facts(self, ask: Ask, index: int, text: str = "") -> Facts:
        """What is known of an item before it is looked at, and its text where that is normalised already."""
        context = ask.context(index)
        return Facts(context.tenant or ask.tenant, ask.endpoint, context, text=text)

    def _decide(self, ticket: Ticket, ask: Ask, on_decided: OnDecided) -> None:
        started, trace = time.perf_counter(), ticket.trace
        recorder, knows_texts = self.recorder, self.banks.matcher.has_texts
        results: list[Outcome] = []
        kept: list[Kept | None] = []
        for index, outcome in enumerate(ticket.outcomes):
            if outcome is None or isinstance(outcome, FailureCode):
                code = outcome or FailureCode.INTERNAL
                recorder.item_failed(code)
                self._fail(code, ask, index)
                results.append(code)
                kept.append(None)
                continue
            facts = self.facts(ask, index, outcome.text)
            occasion = _occasion(ask, index, facts, ticket.submitted)
            panel = self.judges.panel(facts.tenant)
            ruling = self._recognise(panel, outcome, facts) if knows_texts else None
            if ruling is not None:
                results.append(ruling)
                kept.append(self._keep_ruling(ruling, panel, outcome, occasion))
                recorder.item_known()
            else:
                judgement = panel.moderator.judge(outcome, facts)
                results.append(judgement)
                kept.append(self._keep(judgement, outcome, occasion, facts))

        def answer() -> None:
            recorder.answered(time.perf_counter() - ticket.submitted)
            on_decided(results)

        def apologise() -> None:
            late = FailureCode.RECORDS_UNAVAILABLE
            on_decided([outcome if entry is None else late for outcome, entry in zip(results, kept, strict=True)])

        recorder.queue_changed(self.batcher.n_items)
        if trace is not None:
            trace.stage(Stage.DECIDE, started, time.perf_counter())
        self._write(kept, ask, _recorded(trace, answer), _recorded(trace, apologise))

    def _fail(self, code: FailureCode, ask: Ask, index: int) -> None:
        """Count an item that gets no decision, unless its request asks to be forgotten."""
        if ask.is_recorded:
            facts = self.facts(ask, index)
            self.failures.count(facts.tenant, facts.surface, code)

    def _refuse_all(self, n_items: int, ask: Ask, code: FailureCode) -> None:
        """Count all items of a request that is refused as a whole; who comes again counts again, but not the server."""
        for index in range(0 if ask.is_background else n_items):
            self._fail(code, ask, index)

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
                recorder.item_failed(outcome.code)
                self._fail(outcome.code, ask, index)
                kept.append(None)
                continue
            kept.append(self._keep_finding(posted, outcome, _occasion(ask, index, posted.facts, began)))
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
        self._write(kept, ask, _recorded(trace, answer), _recorded(trace, apologise))

    def _keep(self, judgement: Judgement, scored: Scored, occasion: Occasion, facts: Facts) -> Kept:
        verdict = judgement.verdict
        self.recorder.item_decided(verdict.action)
        decided = Decided(
            decision_id=judgement.decision_id,
            decided_at_us=judgement.decided_at_us,
            tenant=occasion.tenant,
            surface=occasion.surface,
            action=verdict.action,
            review=verdict.review,
            flagged=verdict.flagged,
            context=occasion.context,
            text=scored.text,
            images=(),
            make=lambda: judgement.moderator.decision(judgement, occasion.content_id),
            outcome=judgement,
            facts=facts,
        )
        return Kept(self.log.text_row(judgement, scored, occasion), decided)

    def _keep_ruling(self, ruling: Ruling, panel: Panel, scored: Scored, occasion: Occasion) -> Kept:
        decision = ruling.decision
        row = self.log.decision_row(
            decision,
            panel.moderator.decider_id,
            occasion,
            scored.text,
            scored.features,
            signals=ruling.signals,
            seen=Vectors(scored.vector, None, scored.is_cached),
        )
        return Kept(row, self._decided(ruling, occasion, scored.text, ()))

    def _keep_finding(self, posted: Posted, finding: Finding, occasion: Occasion) -> Kept:
        decision = finding.ruling.decision
        row = self.log.decision_row(
            decision,
            finding.ruling.decider_id,
            occasion,
            finding.text,
            finding.text_features,
            finding.digests,
            finding.image_features,
            signals=finding.ruling.signals,
            seen=finding.vectors,
        )
        return Kept(row, self._decided(finding.ruling, occasion, finding.text, posted.files))

    def _decided(self, ruling: Ruling, occasion: Occasion, text: str, images: tuple[bytes, ...]) -> Decided:
        decision = ruling.decision
        self.recorder.item_decided(decision.action)
        return Decided(
            decision_id=decision.decision_id,
            decided_at_us=round(decision.decided_at.timestamp() * 1e6),
            tenant=occasion.tenant,
            surface=occasion.surface,
            action=decision.action,
            review=decision.review,
            flagged=decision.flagged,
            context=occasion.context,
            text=text,
            images=images,
            make=lambda: decision,
            outcome=ruling,
            facts=ruling.facts,
        )

    def _write(
        self, kept: Sequence[Kept | None], ask: Ask, answer: Callable[[], None], apologise: Callable[[], None]
    ) -> None:
        """Hand the decisions to the log; the answer waits for the disk, or apologises when that takes too long."""
        rows = [entry.row for entry in kept if entry is not None]
        if not ask.is_recorded or not (rows or ask.guard or ask.also or ask.keep):
            answer()
            return
        also = [write for entry in kept if entry is not None for write in self._heard(entry.decided)]
        if ask.also is not None:
            also += ask.also([None if entry is None else entry.decided for entry in kept])

        if ask.keep is not None:
            answer()
            ask.keep(rows, also)
            return

        def done(written: bool) -> None:  # noqa: FBT001 - the writer's word
            self.recorder.records_pending(self.log.n_pending)
            if written:
                answer()
            elif ask.on_refused is not None:
                ask.on_refused()

        loop = asyncio.get_running_loop()
        waiting = self.acknowledgements.expect(loop, done, apologise)
        self.log.put(Unit(rows, also, ask.guard, loop, waiting.done, waiting.give_up))
        self.recorder.records_pending(self.log.n_pending)

    def _heard(self, decided: Decided) -> Iterator[Write]:
        for hook in self.hooks:
            write = hook(decided)
            if write is not None:
                yield write

    async def close(self) -> int:
        """Answer what is queued, then flush the records; returns how many could not be written."""
        self.draining = True
        if self.vision is not None:
            await self.vision.close()
        await self.batcher.drain()
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
        models.text.bundle.digest,
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
        log=log,
        recorder=recorder,
        budget=budget,
        acknowledgements=Acknowledgements(settings.record_timeout_ms / 1e3),
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


def _occasion(ask: Ask, index: int, facts: Facts, began: float) -> Occasion:
    return Occasion(
        tenant=facts.tenant,
        surface=facts.surface,
        began=began,
        key_id=ask.principal.key_id,
        content_id=ask.content_id(index),
        context=facts.context,
    )
