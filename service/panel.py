"""The panel: what several models think of one item, and what the banks know of it, made into one decision.

The plain text path does not come here: `service.moderator` judges a text by one model without these objects. An item
with images, and a text that a bank knows, get their `Decision` here at once, because beside a picture's cost the shared
vocabulary costs nothing.

Each bundle is judged by its own thresholds: a rule `at: balanced` means the balanced point of the bundle whose score
it is. The policy judges all scores together with what else is known, so that a rule may rest on several of them. A
category's score is the highest of all its sources; a bank's judgement is a person's, and counts as 1.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import orjson

from models.contracts import (
    CATEGORIES,
    DEFINITIONS,
    Action,
    BundleReference,
    Category,
    CategoryScore,
    Decision,
    Evidence,
    ImageEvidence,
    Modality,
    PolicyReference,
    Reason,
    ScoreSource,
    ScoreStatus,
    Severity,
)
from service.banks.matcher import NOTHING, TEXT_INPUT, Matched
from service.banks.snapshot import BankVerdict
from service.bundles import LoadedModels
from service.moderator import Moderator
from service.policy.compiled import Sheet, Signal
from service.policy.compiling import Scoring, compile_policy, require_rules
from service.policy.document import PolicyDocument
from service.policy.facts import NO_FACTS, Facts
from service.policy.severity import WORST, Points, operating_points, severity
from service.policy.verdicts import KNOWN_PROB, Fired, Verdict, bank_rule

TEXT: Final = (Modality.TEXT,)
IMAGE: Final = (Modality.IMAGE,)
BOTH: Final = (Modality.TEXT, Modality.IMAGE)

_Score = tuple[Category, float, Severity, ScoreSource, tuple[Modality, ...]]


@dataclass(frozen=True, slots=True)
class Seat:
    """One bundle on the panel: what it scores, and the policy's thresholds in it."""

    labels: tuple[Category, ...]
    sheet: Sheet
    points: tuple[Points, ...]
    bundle: BundleReference

    def opinion(
        self,
        source: ScoreSource,
        probs: list[float],
        image: int | None = None,
        modalities: tuple[Modality, ...] = TEXT,
    ) -> "Opinion":
        """What this bundle says, in the order of the labels."""
        return Opinion(self, source, probs, image, modalities)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one bundle says about one part of an item.

    Attributes:
        image: which image it is about; None for the text.
        modalities: what was looked at.

    """

    seat: Seat
    source: ScoreSource
    probs: list[float]
    image: int | None
    modalities: tuple[Modality, ...]


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision, and the categories in which some source reached the balanced point of its bundle, or a bank spoke.

    Attributes:
        decider_id: under which the log knows who decided.
        signals: what each bundle said of each part, as JSON, for replays.
        fired: the rules of the policy behind its reasons.
        opinions: what each bundle said of each part, for another panel.
        facts: what else was known, likewise.

    """

    decision: Decision
    flagged: frozenset[Category]
    decider_id: str = ""
    signals: str | None = None
    fired: tuple[Fired, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    facts: Facts = NO_FACTS


class Panel:
    """Decides on items that more than the text has to say about.

    Attributes:
        moderator: judges plain texts.
        policy: resolved for all bundles.
        text: the seat of the text bundle.
        images: the seats of the image bundles.
        joint: the seat of the joint bundle.

    """

    def __init__(
        self,
        moderator: Moderator,
        images: Sequence[Seat],
        joint: Seat | None,
        new_id: Callable[[], str],
    ) -> None:
        self.moderator = moderator
        self.text = Seat(moderator.labels, moderator.policy.text, moderator.points, moderator.bundles[0])
        self.images = tuple(images)
        self.joint = joint
        self.policy = moderator.policy
        self._reference = PolicyReference(name=moderator.policy.name, version=moderator.policy.version)
        self._new_id = new_id
        self.decider_id = ""

    def judge(self, opinions: Sequence[Opinion], facts: Facts) -> Verdict:
        """What the policy alone says of everything that is known."""
        signals = [Signal(entry.seat.sheet, entry.source, entry.probs, entry.image) for entry in opinions]
        return self.policy.judge(signals, facts)

    def decide(
        self,
        opinions: Sequence[Opinion],
        known: Matched = NOTHING,
        images: tuple[ImageEvidence, ...] = (),
        content_id: str | None = None,
        facts: Facts = NO_FACTS,
    ) -> Ruling:
        """One decision out of everything that is known; the matches are added to the facts.

        An image in which words were found and could not be read asks for a review: nobody knows what they say.
        """
        facts = replace(facts, matches=known.matches) if known.matches else facts
        verdict = self.judge(opinions, facts)
        reasons = _reasons(verdict, known)
        flagged = frozenset(_flagged(opinions, known))
        has_gap = any(image.text_found and not image.text_read for image in images)
        decision = Decision(
            decision_id=self._new_id(),
            content_id=content_id,
            action=reasons[0].action if reasons else Action.ALLOW,
            review=has_gap or verdict.review or any(v.review or v.action is Action.HOLD for v in known.verdicts),
            flagged=bool(flagged),
            reasons=reasons,
            scores=_scores(opinions, known),
            decided_by=reasons[0].source if reasons else None,
            evidence=Evidence(images=images, matches=known.matches) if images or known.matches else None,
            policy=self._reference,
            bundles=tuple({opinion.seat.bundle.digest: opinion.seat.bundle for opinion in opinions}.values()),
            decided_at=datetime.fromtimestamp(time.time_ns() // 1000 / 1e6, UTC),
        )
        return Ruling(decision, flagged, self.decider_id, _signals(opinions), verdict.fired, tuple(opinions), facts)

    def register(self, text_decider_id: str, decider_id: str) -> None:
        """Take the names under which the log knows this panel, for plain texts and for all else."""
        self.moderator.decider_id = text_decider_id
        self.decider_id = decider_id


def build_panel(document: PolicyDocument, models: LoadedModels, new_id: Callable[[], str]) -> Panel:
    """The policy, resolved for every bundle that serves.

    Raises:
        PolicyError: No rule can ever fire.

    """
    serving = [model for model in (models.text, *models.images, models.joint) if model is not None]
    policy = compile_policy(
        document, [Scoring(model.bundle.digest, model.scorer.labels, model.thresholds) for model in serving]
    )
    require_rules(policy)
    seats = [
        Seat(
            model.scorer.labels,
            policy.sheets[model.bundle.digest],
            operating_points(model.scorer.labels, model.thresholds),
            model.bundle,
        )
        for model in serving
    ]
    text = seats[0]
    n_images = len(models.images)
    return Panel(
        moderator=Moderator(text.labels, policy, (text.bundle,), text.points, new_id),
        images=seats[1 : 1 + n_images],
        joint=seats[1 + n_images] if models.joint is not None else None,
        new_id=new_id,
    )


def _reasons(verdict: Verdict, known: Matched) -> tuple[Reason, ...]:
    """Every rule that fired and every bank that spoke; strictest first, then by probability."""
    found = [*(_known_reason(entry) for entry in known.verdicts), *(entry.reason for entry in verdict.fired)]
    return tuple(sorted(found, key=lambda reason: (-reason.action.strictness, -(reason.prob or 0.0))))


def _known_reason(verdict: BankVerdict) -> Reason:
    return Reason(
        rule=bank_rule(verdict.bank),
        code="known_content",
        category=verdict.category,
        prob=KNOWN_PROB,
        threshold=KNOWN_PROB,
        action=verdict.action,
        message=verdict.message,
        source=ScoreSource.KNOWN,
        bank=verdict.bank,
    )


def _signals(opinions: Iterable[Opinion]) -> str:
    return orjson.dumps([[entry.seat.bundle.digest, entry.source, entry.probs] for entry in opinions]).decode()


def _flagged(opinions: Iterable[Opinion], known: Matched) -> Iterator[Category]:
    for opinion in opinions:
        entries = zip(opinion.seat.labels, opinion.probs, opinion.seat.sheet.balanced, strict=True)
        yield from (label for label, prob, balanced in entries if prob >= balanced)
    yield from (verdict.category for verdict in known.verdicts if verdict.action is not Action.ALLOW)


def _scores(opinions: Iterable[Opinion], known: Matched) -> tuple[CategoryScore, ...]:
    """The highest probability of each category over all sources, and everything that was looked at for it."""
    best: dict[Category, tuple[float, ScoreSource]] = {}
    worst: dict[Category, Severity] = {}
    seen: dict[Category, set[Modality]] = {}
    for category, prob, level, source, modalities in (*_opinion_scores(opinions), *_known_scores(known)):
        if category not in best or best[category][0] < prob:
            best[category] = (prob, source)
        worst[category] = max(worst.get(category, level), level)
        seen.setdefault(category, set()).update(modalities)
    return tuple(
        _score(category, best.get(category), worst.get(category), seen.get(category, set())) for category in CATEGORIES
    )


def _opinion_scores(opinions: Iterable[Opinion]) -> Iterator[_Score]:
    for opinion in opinions:
        for category, prob, points in zip(opinion.seat.labels, opinion.probs, opinion.seat.points, strict=True):
            yield category, prob, severity(prob, points), opinion.source, opinion.modalities


def _known_scores(known: Matched) -> Iterator[_Score]:
    """A bank may judge by any category; one that is never scored stays without a score and is a reason alone."""
    for verdict in known.verdicts:
        if DEFINITIONS[verdict.category].scorable:
            inputs = [match.input for match in known.matches if match.bank == verdict.bank]
            modalities = {Modality.TEXT if name == TEXT_INPUT else Modality.IMAGE for name in inputs}
            yield verdict.category, KNOWN_PROB, WORST, ScoreSource.KNOWN, tuple(modalities)


def _score(
    category: Category, best: tuple[float, ScoreSource] | None, worst: Severity | None, seen: set[Modality]
) -> CategoryScore:
    if best is None:
        return CategoryScore(category=category, status=ScoreStatus.NOT_APPLIED)
    return CategoryScore(
        category=category,
        status=ScoreStatus.SCORED,
        prob=best[0],
        severity=worst,
        modalities=tuple(modality for modality in Modality if modality in seen),
        source=best[1],
    )
