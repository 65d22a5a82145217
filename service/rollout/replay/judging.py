"""Judging again: one recorded decision, by another policy."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import orjson

from models.contracts import Action, Modality
from service.policy.compiled import CompiledPolicy
from service.policy.document import PolicyDocument
from service.policy.replaying import (
    ListEvidence,
    Replayed,
    StoredSignal,
    UnknownBundleError,
    compile_stored,
    judge_stored,
    read_banks,
    read_signals,
    text_signal,
)
from service.policy.verdicts import Verdict
from service.rollout.replay.deciders import StoredDecider
from service.rollout.replay.evidence import Witness, open_witness, rules_of
from service.rollout.replay.recorded import Recorded, stored_facts

_TEXT: Final = Modality.TEXT.value


class Unreplayable(StrEnum):
    """Why nobody can tell what another policy would have done."""

    ERASED = "erased"
    """The context of the item was erased."""
    NO_THRESHOLDS = "bundle without thresholds"
    """An older release did not keep the operating points of the bundle that scored."""
    NO_SIGNALS = "scores by source not kept"
    """An older release kept one score a category of an item with images."""


class Rejudged(NamedTuple):
    """What another policy would have done.

    Attributes:
        review: a rule asks for one, or what asked for one before and is no rule: a bank, or words that were not read.
        bounds: the mildest and the strictest action that are possible, where it depends on whether lists occur in the
            content, which is not kept, and the record does not tell; the rest of this is then as if they did not. None
            where it is certain. Two that are the same differ in the review.

    """

    verdict: Verdict
    action: Action
    review: bool
    bounds: tuple[Action, Action] | None = None


class Judge:
    """Judges recorded decisions by one policy, compiled once for every set of bundles that occurs."""

    def __init__(self, document: PolicyDocument, deciders: Mapping[str, StoredDecider]) -> None:
        self._document = document
        self._deciders = deciders
        self._compiled: dict[str, CompiledPolicy | None] = {}
        self._witnesses: dict[str, Witness | None] = {}

    def judge(self, row: Recorded) -> Rejudged | Unreplayable:
        """What the policy would have done with one decision."""
        if row.erased_at_us is not None:
            return Unreplayable.ERASED
        policy = self._policy(row.decider_id)
        if policy is None:
            return Unreplayable.NO_THRESHOLDS
        if row.signals is None and row.modalities != _TEXT:
            return Unreplayable.NO_SIGNALS
        if row.signals is None and not policy.matchers:
            verdict = self._judge_text(policy, row)
            return Rejudged(verdict, verdict.action, verdict.review)
        return self._judge_stored(policy, row)

    def _judge_text(self, policy: CompiledPolicy, row: Recorded) -> Verdict:
        """The short way, which most decisions go."""
        score = orjson.loads(row.scores).get
        return policy.judge_text([score(label, -1.0) for label in policy.text.labels], stored_facts(row))

    def _judge_stored(self, policy: CompiledPolicy, row: Recorded) -> Rejudged | Unreplayable:
        try:
            if row.signals is None:
                bundle = self._deciders[row.decider_id].text_bundle
                signals = [text_signal(policy, bundle, orjson.loads(row.scores))]
            else:
                signals = read_signals(row.signals)
            replayed = self._judge_lists(policy, row, signals)
        except UnknownBundleError:
            return Unreplayable.NO_THRESHOLDS
        verdict, asked = replayed.verdict, self._was_asked_for(row)
        mild, strict = replayed.mildest, replayed.strictest
        if (mild.action, mild.review or asked) == (strict.action, strict.review or asked):
            return Rejudged(verdict, verdict.action, verdict.review or asked)
        if self._was_decided_by_it(row):
            return Rejudged(verdict, Action(row.action), bool(row.review))
        return Rejudged(verdict, verdict.action, verdict.review or asked, (mild.action, strict.action))

    def _judge_lists(self, policy: CompiledPolicy, row: Recorded, signals: Sequence[StoredSignal]) -> Replayed:
        """With what the record tells of lists; the longer way only where it could matter."""
        facts, banks = stored_facts(row), read_banks(row.known)
        witness = self._witness(row.decider_id) if policy.matchers else None
        reasons = orjson.loads(row.reasons) if row.reasons else ()
        present = witness.present(reasons) if witness and reasons else frozenset[str]()
        replayed = judge_stored(policy, signals, facts, banks, ListEvidence(present))
        is_told = bool(reasons) or row.action == Action.ALLOW
        if witness is None or not replayed.rests_on_lists or not is_told:
            return replayed
        absent = witness.absent(signals, facts, rules_of(reasons)) - present
        return judge_stored(policy, signals, facts, banks, ListEvidence(present, absent)) if absent else replayed

    def _was_decided_by_it(self, row: Recorded) -> bool:
        """Whether the very policy decided: it says the same of the same item, whatever it found in it."""
        document = self._deciders[row.decider_id].document
        return document is not None and document.version == self._document.version

    def _witness(self, decider_id: str) -> Witness | None:
        if decider_id not in self._witnesses:
            decider = self._deciders[decider_id]
            recorded = decider.document
            self._witnesses[decider_id] = (
                open_witness(self._document, recorded, decider.tables) if recorded is not None else None
            )
        return self._witnesses[decider_id]

    def _was_asked_for(self, row: Recorded) -> bool:
        """Whether somebody other than a rule asked for the review: a bank, or words that nobody could read."""
        if not row.review or row.signals is None:
            return False
        fired = orjson.loads(row.reasons) if row.reasons else ()
        reviewing = self._deciders[row.decider_id].reviewing
        return not any(reason["rule"] in reviewing for reason in fired)

    def _policy(self, decider_id: str) -> CompiledPolicy | None:
        """None where the thresholds of the decider's bundles were not kept."""
        if decider_id not in self._compiled:
            decider = self._deciders.get(decider_id)
            has_tables = decider is not None and decider.text_bundle in decider.tables
            tables = [decider.tables] if decider is not None and has_tables else []
            self._compiled[decider_id] = compile_stored(self._document, tables) if tables else None
        return self._compiled[decider_id]
