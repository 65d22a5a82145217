"""Recording: what is kept of items once they are decided, and of those that got no decision.

A decision becomes a row, goes to the log with whatever else is to be written, and is answered once it is on disk. A
failure becomes a count by minute, tenant, surface and code (`service.records.failures`).
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from models.contracts import FailureCode
from service.asking import Ask, Decided, DecisionHook
from service.errors import RequestError
from service.metrics.recorder import Recorder
from service.moderator import Judgement
from service.panel import Panel, Ruling
from service.policy.facts import Facts
from service.records.acknowledgements import Acknowledgements
from service.records.failures import FailureCounts
from service.records.log import DecisionLog, Occasion, Vectors
from service.records.tables import Row
from service.records.unit import Unit, Write
from service.ticket import Scored
from service.vision.finding import Finding, Posted

_PASSING: Final = frozenset({FailureCode.OVERLOADED, FailureCode.DEADLINE_EXCEEDED, FailureCode.RECORDS_UNAVAILABLE})
"""Failures that say nothing of an item: it can be tried again."""


class Kept(NamedTuple):
    """What is kept of one decision: its record, and what hooks hear of it."""

    row: Row
    decided: Decided


@dataclass
class Recording:
    """Turns outcomes into records, and answers once they are on disk. Lives in one event loop.

    Attributes:
        hooks: hear of every recorded decision before it is written.
        acknowledgements: answers that wait for the disk.
        failures: items without a decision, counted until a background worker writes them down.

    """

    log: DecisionLog
    recorder: Recorder
    acknowledgements: Acknowledgements
    failures: FailureCounts = field(default_factory=FailureCounts)
    hooks: list[DecisionHook] = field(default_factory=list)

    def keep(
        self,
        judgement: Judgement,
        scored: Scored,
        occasion: Occasion,
        facts: Facts,
        previous: str | None = None,
    ) -> Kept:
        """What is kept of a text that the models judged; nothing of the turn before it, which only hooks hear of."""
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
            previous=previous,
        )
        return Kept(self.log.text_row(judgement, scored, occasion), decided)

    def keep_ruling(self, ruling: Ruling, panel: Panel, scored: Scored, occasion: Occasion) -> Kept:
        """The same of a text that a bank knows."""
        row = self.log.decision_row(
            ruling.decision,
            panel.moderator.decider_id,
            occasion,
            scored.text,
            scored.features,
            signals=ruling.signals,
            seen=Vectors(scored.vector, None, scored.is_cached),
        )
        return Kept(row, self._decided(ruling, occasion, scored.text, ()))

    def keep_finding(self, posted: Posted, finding: Finding, occasion: Occasion) -> Kept:
        """The same of an item with images."""
        row = self.log.decision_row(
            finding.ruling.decision,
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

    def fail(self, code: FailureCode, ask: Ask, index: int) -> None:
        """Count an item that gets no decision."""
        self.recorder.item_failed(code)
        self._count(code, ask, index)

    def refuse(self, ask: Ask, n_items: int, error: RequestError) -> None:
        """Count the items of a request that is refused as a whole, each time it comes."""
        if error.failure is not None:
            for index in range(n_items):
                self._count(error.failure, ask, index)

    def write(
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

    def _heard(self, decided: Decided) -> Iterator[Write]:
        for hook in self.hooks:
            write = hook(decided)
            if write is not None:
                yield write

    def _count(self, code: FailureCode, ask: Ask, index: int) -> None:
        """Unless its request asks to be forgotten, or the server itself comes again with it."""
        if ask.is_recorded and not (ask.is_background and code in _PASSING):
            facts = ask.facts(index)
            self.failures.count(facts.tenant, facts.surface, code)


def occasion_of(ask: Ask, index: int, facts: Facts, began: float) -> Occasion:
    """When and where an item was decided, and for whom."""
    return Occasion(
        tenant=facts.tenant,
        surface=facts.surface,
        began=began,
        key_id=ask.principal.key_id,
        content_id=ask.content_id(index),
        context=facts.context,
    )
