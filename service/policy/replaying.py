"""Replaying: what a policy says of items that were decided before, from what the log kept of them.

No model and no bundle is needed: the threshold tables by the digests of the bundles are in the log beside every
decider (`deciders.thresholds`), and so are the scores. Content is not. So what a policy asks of its lists is known
here only where the record tells it (`ListEvidence`), and a verdict that could turn out otherwise says so.

    policy = compile_stored(parse_policy(text, "new.yaml"), [tables_1, tables_2])    # once
    replayed = judge_stored(policy, signals, facts, banks)                           # for every record

where `signals` comes from `text_signal` for plain texts and from `read_signals` for everything else.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import orjson

from models.contracts import Action, Category, KnownMatch, MatchKind, ScoreSource, ThresholdTable
from service.policy.compiled import CompiledPolicy, Signal
from service.policy.compiling import Scoring, compile_policy
from service.policy.document import PolicyDocument
from service.policy.facts import Facts
from service.policy.matching import Find, Found
from service.policy.verdicts import KNOWN_PROB, CompiledRule, Fired, Verdict, bank_rule

Tables = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Bundle digest -> category -> operating point -> probability; categories in the order of the bundle's labels."""

_SOMEWHERE: Final = Found(in_text=True)
_ABSENT: Final = -1.0
"""What stands for a label that a stored record has no score of: below every threshold."""


class UnknownBundleError(Exception):
    """A record was scored by a bundle whose threshold tables the policy was not compiled with."""


class StoredSignal(NamedTuple):
    """What one bundle said of one part of an item.

    Attributes:
        bundle: its digest.
        probs: in the order of its labels.

    """

    bundle: str
    source: ScoreSource
    probs: Sequence[float]


class StoredBank(NamedTuple):
    """What a bank said of an item."""

    bank: str
    category: Category
    action: Action
    message: str


class ListEvidence(NamedTuple):
    """What is known of the lists of a policy without the content.

    Attributes:
        present: lists that occur in it.
        absent: lists that do not.

    """

    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()


NO_EVIDENCE: Final = ListEvidence()


class Replayed(NamedTuple):
    """What a policy says of a stored item.

    Attributes:
        verdict: as if no list occurred in it but those that are known to.
        mildest: as if none occurred that a rule asks for, and all that an exemption asks for.
        strictest: the other way round.
        rests_on_lists: the last two differ in what they do, so nobody can tell without the content.

    """

    verdict: Verdict
    mildest: Verdict
    strictest: Verdict
    rests_on_lists: bool


def compile_stored(document: PolicyDocument, tables: Iterable[Tables]) -> CompiledPolicy:
    """A policy for every bundle in these tables.

    Args:
        document: the policy.
        tables: of `deciders.thresholds`, parsed; at least one bundle in all.

    Raises:
        ValueError: There is no bundle in them.

    """
    merged = {digest: table for found in tables for digest, table in found.items()}
    if not merged:
        raise ValueError("the tables of at least one bundle are needed")
    return compile_policy(document, [_scoring(digest, table) for digest, table in merged.items()])


def judge_stored(
    policy: CompiledPolicy,
    signals: Sequence[StoredSignal],
    facts: Facts,
    banks: Sequence[StoredBank] = (),
    lists: ListEvidence = NO_EVIDENCE,
) -> Replayed:
    """What a policy says of a stored item.

    Args:
        policy: from `compile_stored`.
        signals: what every bundle said of every part.
        facts: the tenant, the context and the modalities.
        banks: whose content it matched, from `read_banks`: their judgements are reasons whatever the policy says, and
            conditions on known content hold by them.
        lists: what is known of the policy's lists.

    Raises:
        UnknownBundleError: A signal is of a bundle that the policy was not compiled with.

    """
    resolved = resolve_signals(policy, signals)
    if banks:
        facts = replace(facts, matches=tuple(_match(entry.bank) for entry in banks))
    known, possible = occurring(lists.present), not_absent(lists.absent)
    mild = add_banks(policy.judge(resolved, facts, known, possible), banks)
    if not policy.matchers:
        return Replayed(mild, mild, mild, rests_on_lists=False)
    strict = add_banks(policy.judge(resolved, facts, possible, known), banks)
    if (mild.action, mild.review) == (strict.action, strict.review):
        return Replayed(mild, mild, strict, rests_on_lists=False)
    return Replayed(add_banks(policy.judge(resolved, facts, known), banks), mild, strict, rests_on_lists=True)


def resolve_signals(policy: CompiledPolicy, signals: Sequence[StoredSignal]) -> list[Signal]:
    """The signals by the policy's thresholds.

    Raises:
        UnknownBundleError: A signal is of a bundle that the policy was not compiled with.

    """
    sheets = policy.sheets
    try:
        return [Signal(sheets[bundle], source, probs) for bundle, source, probs in signals]
    except KeyError as missing:
        raise UnknownBundleError(f"there is no threshold table of the bundle {missing.args[0]}") from None


def occurring(names: Collection[str]) -> Find:
    """Only these lists occur."""
    return lambda name: _SOMEWHERE if name in names else None


def not_absent(names: Collection[str]) -> Find:
    """All lists occur but these."""
    return lambda name: None if name in names else _SOMEWHERE


def text_signal(policy: CompiledPolicy, bundle: str, scores: Mapping[str, float]) -> StoredSignal:
    """The signal of a plain text, whose record has its probabilities by category.

    Raises:
        UnknownBundleError: The policy was not compiled with this bundle.

    """
    sheet = policy.sheets.get(bundle)
    if sheet is None:
        raise UnknownBundleError(f"there is no threshold table of the bundle {bundle}")
    return StoredSignal(bundle, ScoreSource.TEXT, [scores.get(label, _ABSENT) for label in sheet.labels])


def read_signals(signals: str) -> list[StoredSignal]:
    """The column `signals`: [bundle digest, source, probabilities]s."""
    return [StoredSignal(bundle, ScoreSource(source), probs) for bundle, source, probs in orjson.loads(signals)]


def read_banks(known: str | None) -> list[StoredBank]:
    """The column `known`: reasons by banks. A policy's own rules on known content stand there too and are left out."""
    return [
        StoredBank(entry["bank"], Category(entry["category"]), Action(entry["action"]), entry.get("message", ""))
        for entry in (orjson.loads(known) if known else ())
        if entry["rule"] == bank_rule(entry["bank"])
    ]


def add_banks(verdict: Verdict, banks: Sequence[StoredBank]) -> Verdict:
    """A verdict with what banks say, which no policy can switch off. Whether they ask for a review is not kept."""
    if not banks:
        return verdict
    fired = [*(_bank_fired(entry) for entry in banks), *verdict.fired]
    fired.sort(key=lambda entry: (-entry.rule.strictness, -(entry.prob or 0.0)))
    return Verdict(
        action=fired[0].rule.action if fired else Action.ALLOW,
        review=verdict.review or any(entry.rule.review for entry in fired),
        flagged=verdict.flagged or any(entry.bank and entry.rule.action is not Action.ALLOW for entry in fired),
        fired=tuple(fired),
    )


def _bank_fired(entry: StoredBank) -> Fired:
    action = entry.action
    rule = CompiledRule(
        bank_rule(entry.bank),
        "known_content",
        entry.category,
        action,
        action.strictness,
        action is Action.HOLD,
        entry.message,
    )
    return Fired(rule, KNOWN_PROB, KNOWN_PROB, ScoreSource.KNOWN, entry.bank)


def _match(bank: str) -> KnownMatch:
    """What is left of a match: that there was one."""
    return KnownMatch(bank=bank, item_id="", kind=MatchKind.EXACT, distance=0.0, input="text")


def _scoring(digest: str, table: Mapping[str, Mapping[str, float]]) -> Scoring:
    thresholds = ThresholdTable.model_validate({"categories": table}, strict=False)
    return Scoring(digest, tuple(thresholds.categories), thresholds)
