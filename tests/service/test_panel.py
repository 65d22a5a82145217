"""The panel: the highest source gives the score, every rule is a reason once, and a bank's judgement counts as one."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from models.contracts import (
    Action,
    Category,
    ImageEvidence,
    KnownMatch,
    MatchKind,
    Modality,
    ScoreSource,
    ScoreStatus,
)
from service.banks.matcher import Matched
from service.banks.snapshot import BankVerdict
from service.identity import UuidSource
from service.panel import BOTH, IMAGE, Opinion, Panel, Ruling, build_panel
from service.policy.document import load_policy
from service.policy.facts import NO_FACTS
from tests.service.hashing import LABELS
from tests.service.vision.seeing import seeing_models

POLICY = load_policy(Path(__file__).parents[2] / "service" / "policies" / "default.yaml")
PANEL: Panel = build_panel(POLICY, seeing_models(), UuidSource())
PROB = st.floats(0.0, 1.0)
texts = st.lists(PROB, min_size=len(LABELS), max_size=len(LABELS))


def text(probs: list[float]) -> Opinion:
    return PANEL.text.opinion(ScoreSource.TEXT, probs)


def words(probs: list[float], image: int = 0) -> Opinion:
    return PANEL.text.opinion(ScoreSource.IMAGE_TEXT, probs, image, IMAGE)


def image(weapons: float, fire: float = 0.0, index: int = 0) -> Opinion:
    return PANEL.images[0].opinion(ScoreSource.IMAGE, [weapons, fire], index, IMAGE)


def joint(prob: float) -> Opinion:
    assert PANEL.joint is not None
    return PANEL.joint.opinion(ScoreSource.JOINT, [prob], 0, BOTH)


def known(category: Category, action: Action, review: bool = False, source: str = "images[0]") -> Matched:
    match = KnownMatch(bank="bad", item_id="1", kind=MatchKind.EXACT, distance=0.0, input=source)
    return Matched((match,), (BankVerdict("bad", category, action, review, "it is known"),))


def score(ruling: Ruling, category: Category) -> tuple[float | None, ScoreSource | None, tuple[Modality, ...]]:
    entry = next(entry for entry in ruling.decision.scores if entry.category is category)
    return entry.prob, entry.source, entry.modalities


@given(texts, texts, PROB, PROB)
def test_each_category_has_the_highest_probability_of_its_sources(
    beside: list[float], inside: list[float], weapons: float, together: float
) -> None:
    ruling = PANEL.decide([text(beside), words(inside), image(weapons), joint(together)])
    found = {entry.category: entry.prob for entry in ruling.decision.scores if entry.prob is not None}
    expected = dict(zip(LABELS, map(max, zip(beside, inside, strict=True)), strict=True))
    assert found == expected | {
        Category.WEAPONS: weapons,
        Category.FIRE: 0.0,
        Category.HARMFUL_MEME: together,
    }


@given(texts, texts, PROB)
def test_another_opinion_never_makes_the_ruling_milder(
    beside: list[float], inside: list[float], weapons: float
) -> None:
    mild = PANEL.decide([text(beside)]).decision
    strict = PANEL.decide([text(beside), words(inside), image(weapons)]).decision
    assert mild.action.strictness <= strict.action.strictness
    assert mild.review <= strict.review
    assert mild.flagged <= strict.flagged


@given(texts, texts, texts)
def test_every_rule_is_a_reason_once_and_the_strictest_decides(
    beside: list[float], inside: list[float], other: list[float]
) -> None:
    decision = PANEL.decide([text(beside), words(inside), words(other, 1)]).decision
    rules = [(reason.category, reason.threshold, reason.action) for reason in decision.reasons]
    assert len(rules) == len(set(rules))
    assert all(reason.prob >= reason.threshold for reason in decision.reasons)
    ranks = [(-reason.action.strictness, -reason.prob) for reason in decision.reasons]
    assert ranks == sorted(ranks)
    assert decision.action is (decision.reasons[0].action if decision.reasons else Action.ALLOW)
    assert decision.decided_by is (decision.reasons[0].source if decision.reasons else None)


@given(texts)
def test_a_text_alone_is_judged_as_the_moderator_judges_it(probs: list[float]) -> None:
    ours, theirs = PANEL.decide([text(probs)]).decision, PANEL.moderator.policy.judge_text(probs, NO_FACTS)
    assert (ours.action, ours.review, ours.flagged) == (theirs.action, theirs.review, theirs.flagged)
    assert [(r.category, r.prob) for r in ours.reasons] == [(f.rule.category, f.prob) for f in theirs.fired]
    assert ours.evidence is None


@given(texts, PROB)
def test_flagged_categories_are_those_at_the_balanced_point_of_their_own_bundle(
    beside: list[float], weapons: float
) -> None:
    ruling = PANEL.decide([text(beside), image(weapons)])
    balanced = dict(zip(LABELS, PANEL.text.sheet.balanced, strict=True))
    expected = {label for label, prob in zip(LABELS, beside, strict=True) if prob >= balanced[label]}
    assert ruling.flagged == expected | ({Category.WEAPONS} if weapons >= 0.7 else set())
    assert ruling.decision.flagged == bool(ruling.flagged)


def test_a_known_item_is_a_reason_with_its_bank_and_a_score_of_one() -> None:
    ruling = PANEL.decide([image(0.0)], known(Category.VIOLENCE, Action.REMOVE, review=True))
    (reason,) = ruling.decision.reasons
    assert (reason.prob, reason.threshold, reason.bank, reason.source) == (1.0, 1.0, "bad", ScoreSource.KNOWN)
    assert (ruling.decision.action, ruling.decision.review, ruling.decision.decided_by) == (
        Action.REMOVE,
        True,
        ScoreSource.KNOWN,
    )
    assert score(ruling, Category.VIOLENCE) == (1.0, ScoreSource.KNOWN, (Modality.IMAGE,))
    assert ruling.flagged == {Category.VIOLENCE}


def test_a_bank_may_judge_what_no_model_scores_and_gives_it_no_score() -> None:
    ruling = PANEL.decide([image(0.0)], known(Category.SEXUAL_MINORS, Action.REMOVE))
    entry = next(entry for entry in ruling.decision.scores if entry.category is Category.SEXUAL_MINORS)
    assert entry.status is ScoreStatus.NOT_APPLIED
    assert ruling.decision.action is Action.REMOVE
    assert ruling.flagged == {Category.SEXUAL_MINORS}


def test_a_bank_that_only_notes_flags_nothing() -> None:
    decision = PANEL.decide([image(0.0)], known(Category.SPAM, Action.ALLOW)).decision
    assert (decision.action, decision.flagged, len(decision.reasons)) == (Action.ALLOW, False, 1)


def test_words_that_were_found_and_not_read_ask_for_a_review() -> None:
    fields = {"index": 0, "format": "PNG", "width": 1, "height": 1, "n_frames": 1}
    for found, read, review in ((False, False, False), (True, True, False), (True, False, True)):
        evidence = ImageEvidence.model_validate(fields | {"text_found": found, "text_read": read})
        assert PANEL.decide([image(0.0)], images=(evidence,)).decision.review is review


def test_rules_on_what_no_bundle_scores_are_silent_and_the_policy_still_serves() -> None:
    assert {rule.category for rule in POLICY.rules} > {
        label for seat in (PANEL.text, *PANEL.images) for label in seat.labels
    }
