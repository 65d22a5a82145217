"""The compiled policy: judges one item by everything that is known of it, in microseconds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models.contracts import Action, Category, ScoreSource
from service.policy.facts import Facts
from service.policy.matching import Find, Matcher, search_item
from service.policy.verdicts import CLEAN, KNOWN_PROB, CompiledRule, Fired, Place, Verdict


class Step(NamedTuple):
    """One threshold of one category in one bundle.

    Attributes:
        score: number of the condition that it is of.
        sources: that count; None for all.

    """

    threshold: float
    score: int
    sources: frozenset[ScoreSource] | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The policy's thresholds in one bundle.

    Attributes:
        labels: of the bundle, in the order of its probabilities.
        floors: the lowest threshold that means anything, by label; 2.0 where none does.
        balanced: the threshold of `flagged`, by label.
        steps: all thresholds, by label.

    """

    labels: tuple[Category, ...]
    floors: tuple[float, ...]
    balanced: tuple[float, ...]
    steps: tuple[tuple[Step, ...], ...]


class Signal(NamedTuple):
    """What one bundle says of one part of an item.

    Attributes:
        probs: in the order of the sheet's labels; none is NaN.
        image: which image it is about; None for the text.

    """

    sheet: Sheet
    source: ScoreSource
    probs: Sequence[float]
    image: int | None = None


class Hit(NamedTuple):
    """A condition on a score that is reached: where it is reached most, and every image where it is."""

    prob: float
    threshold: float
    source: ScoreSource
    category: Category
    images: tuple[int, ...]


Hits = Mapping[int, Hit]
Test = Callable[[Hits, Facts, Find], bool]
"""Whether a condition holds."""


class RuleTest(NamedTuple):
    """A rule that can be tried.

    Attributes:
        test: None where one reached score is enough.
        scores: numbers of its conditions on scores, in the order of writing.
        lists: that it names, and `banks`; a bank of None is any.

    """

    rule: CompiledRule
    test: Test | None
    scores: tuple[int, ...]
    lists: tuple[str, ...]
    banks: tuple[str | None, ...]
    always: bool


class ExemptionTest(NamedTuple):
    """An exemption that can be tried.

    Attributes:
        scores: numbers of the conditions on scores that it switches off.

    """

    rule: CompiledRule
    test: Test
    scores: frozenset[int]
    lists: tuple[str, ...]
    banks: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy for a set of bundles. A pure function: nothing is remembered from one item to the next.

    Monotone: raising a probability, adding a score or a report, or a match of a list or a bank that no exemption rests
    on, lets more rules fire and never fewer, so the action never gets milder.

    Attributes:
        name: as in the file.
        version: digest of the file's text.
        sheets: by the digests of the bundles, the text bundle first.
        text: the sheet of the text bundle.
        rules: of all.
        by_score: for every condition on a score the rules that it can make fire.
        free: rules that can fire without any score.
        exemptions: of all.
        matchers: of the lists.
        inactive: categories in conditions that no bundle scores.

    """

    name: str
    version: str
    sheets: Mapping[str, Sheet]
    text: Sheet
    rules: tuple[RuleTest, ...]
    by_score: tuple[tuple[int, ...], ...]
    free: tuple[int, ...]
    exemptions: tuple[ExemptionTest, ...]
    matchers: Mapping[str, Matcher]
    inactive: tuple[Category, ...]

    @property
    def balanced(self) -> tuple[float, ...]:
        """The thresholds of `flagged` in the text bundle, by label."""
        return self.text.balanced

    def judge_text(self, probs: Sequence[float], facts: Facts) -> Verdict:
        """Judge a plain text by the text bundle: most texts reach no threshold, and cost next to nothing."""
        if not self.free:
            for prob, floor in zip(probs, self.text.floors, strict=True):
                if prob >= floor:
                    break
            else:
                return CLEAN
        return self.judge((Signal(self.text, ScoreSource.TEXT, probs),), facts)

    def judge(
        self, signals: Sequence[Signal], facts: Facts, find: Find | None = None, find_exempt: Find | None = None
    ) -> Verdict:
        """Judge one item by all its scores and facts.

        Args:
            signals: what every bundle says of every part.
            facts: what else is known.
            find: where lists occur, for rules; by default they are looked for in the item's text and words.
            find_exempt: the same for exemptions, where it is not the same.

        """
        hits, flagged = _reach(signals)
        if not hits and not self.free:
            return Verdict(Action.ALLOW, review=False, flagged=flagged, fired=()) if flagged else CLEAN
        search = find or search_item(self.matchers, facts)
        open_hits: Hits = hits
        fired: list[Fired] = []
        if hits and self.exemptions:
            exempted = [entry for entry in self.exemptions if _exempts(entry, hits, facts, find_exempt or search)]
            if exempted:
                closed = frozenset[int]().union(*(entry.scores for entry in exempted))
                open_hits = {number: hit for number, hit in hits.items() if number not in closed}
                fired = [
                    _fired(entry.rule, (), entry.lists, entry.banks, {}, facts, find_exempt or search)
                    for entry in exempted
                ]
        for number in self._candidates(hits):
            entry = self.rules[number]
            seen = hits if entry.always else open_hits
            if entry.test(seen, facts, search) if entry.test else entry.scores[0] in seen:
                fired.append(_fired(entry.rule, entry.scores, entry.lists, entry.banks, seen, facts, search))
        if not fired:
            return Verdict(Action.ALLOW, review=False, flagged=flagged, fired=()) if flagged else CLEAN
        if len(fired) > 1:
            fired.sort(key=_order)
        return Verdict(
            action=fired[0].rule.action,
            review=any(entry.rule.review for entry in fired),
            flagged=flagged,
            fired=tuple(fired),
        )

    def _candidates(self, hits: Hits) -> Sequence[int]:
        """Rules that may fire, each once, in the order of the file."""
        if len(hits) == 1 and not self.free:
            return self.by_score[next(iter(hits))]
        return sorted({*self.free, *(number for score in hits for number in self.by_score[score])})


def _order(entry: Fired) -> tuple[int, float]:
    return -entry.rule.strictness, -(entry.prob or 0.0)


def _reach(signals: Sequence[Signal]) -> tuple[dict[int, Hit], bool]:
    """The conditions on scores that are reached, and whether any balanced operating point is."""
    hits: dict[int, Hit] = {}
    flagged = False
    for sheet, source, probs, image in signals:
        for column, (prob, floor) in enumerate(zip(probs, sheet.floors, strict=True)):
            if prob < floor:
                continue
            flagged = flagged or prob >= sheet.balanced[column]
            images = () if image is None else (image,)
            for threshold, score, sources in sheet.steps[column]:
                if prob >= threshold and (sources is None or source in sources):
                    before = hits.get(score)
                    if before is None:
                        hits[score] = Hit(prob, threshold, source, sheet.labels[column], images)
                    elif prob > before.prob:
                        hits[score] = Hit(prob, threshold, source, before.category, before.images + images)
                    elif images:
                        hits[score] = Hit(*before[:4], before.images + images)
    return hits, flagged


def _exempts(entry: ExemptionTest, hits: Hits, facts: Facts, find: Find) -> bool:
    """Whether an exemption switches anything off."""
    return not entry.scores.isdisjoint(hits) and entry.test(hits, facts, find)


def _fired(
    rule: CompiledRule,
    scores: Sequence[int],
    lists: Sequence[str],
    banks: Sequence[str | None],
    hits: Hits,
    facts: Facts,
    find: Find,
) -> Fired:
    """The rule with what it rests on: of several scores, lists or banks the first that holds, as written."""
    reached = [hits[score] for score in scores if score in hits]
    if reached and not lists and not banks:
        hit = reached[0]
        return Fired(rule, hit.prob, hit.threshold, hit.source, places=_places(reached) if hit.images else ())
    listed = next(((name, where) for name in lists if (where := find(name)) is not None), None)
    bank = next((match.bank for name in banks for match in facts.matches if name in (None, match.bank)), None)
    places = _places(reached) + tuple(Place(image, None) for image in (listed[1].images if listed else ()))
    prob, threshold, source = (
        (reached[0].prob, reached[0].threshold, reached[0].source) if reached else (None, None, None)
    )
    if source is None and bank is not None:
        prob, threshold, source = KNOWN_PROB, KNOWN_PROB, ScoreSource.KNOWN
    elif source is None and listed is not None:
        source = ScoreSource.TEXT if listed[1].in_text else ScoreSource.IMAGE_TEXT
    return Fired(rule, prob, threshold, source, bank, listed[0] if listed else None, places)


def _places(reached: Sequence[Hit]) -> tuple[Place, ...]:
    if len(reached) == 1 and len(reached[0].images) == 1:
        return (Place(reached[0].images[0], reached[0].category),)
    return tuple(dict.fromkeys(Place(image, hit.category) for hit in reached for image in hit.images))
