"""Policies and items drawn at random, for the properties that every policy has."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from models.contracts import (
    Action,
    Audience,
    Author,
    Category,
    Context,
    KnownMatch,
    MatchKind,
    Modality,
    OperatingPoint,
    ScoreSource,
)
from service.policy.compiled import CompiledPolicy, Signal
from service.policy.compiling import Scoring, compile_policy
from service.policy.conditions import (
    AccountIsYoung,
    AllOf,
    AnyOf,
    AtLeast,
    AuthorIsVerified,
    Brings,
    Condition,
    KnownCondition,
    ListCondition,
    LocaleIs,
    Not,
    OneOf,
    ScoreCondition,
)
from service.policy.document import Exemption, PolicyDocument, Rule
from service.policy.facts import Facts
from service.policy.lists import ListKind, WordList
from service.policy.matching import Found
from service.policy.verdicts import Verdict
from tests.service.hashing import LABELS, THRESHOLDS
from tests.service.vision.seeing import thresholds

PICTURED = (Category.WEAPONS, Category.HARASSMENT)
"""One category that only pictures have, and one that texts have too, with other thresholds."""
TEXT_BUNDLE = Scoring("0" * 64, LABELS, THRESHOLDS)
IMAGE_BUNDLE = Scoring("1" * 64, PICTURED, thresholds(*PICTURED))
BUNDLES = (TEXT_BUNDLE, IMAGE_BUNDLE)
BANKS = ("a", "b")
LISTS = {name: WordList(name, ListKind.EXACT, ("word",)) for name in ("x", "y")}

PROB = st.floats(0.0, 1.0)
_sources = st.one_of(st.none(), st.frozensets(st.sampled_from([*ScoreSource][:3]), min_size=1))
scores = st.builds(
    ScoreCondition,
    category=st.sampled_from(sorted({*LABELS, *PICTURED})),
    at=st.one_of(st.sampled_from(OperatingPoint), st.floats(0.01, 1.0)),
    sources=_sources,
)
known = st.builds(KnownCondition, st.sampled_from([None, *BANKS]))
listed = st.builds(ListCondition, st.sampled_from(sorted(LISTS)))
fixed = st.one_of(
    st.builds(OneOf, st.just("surface"), st.sampled_from([("feed",), ("feed", "chat")])),
    st.builds(OneOf, st.just("audience"), st.just((Audience.MINORS,))),
    st.builds(LocaleIs, st.sampled_from([("pt",), ("en", "pt-br")])),
    st.builds(AccountIsYoung, st.integers(0, 40)),
    st.builds(AuthorIsVerified, st.booleans()),
    st.builds(Brings, st.sampled_from([frozenset({Modality.IMAGE})])),
)
counted = st.builds(
    AtLeast, st.sampled_from(["min_user_reports", "min_reach", "min_prior_violations"]), st.integers(1, 4)
)


def combined(leaves: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    parts = lambda inner: st.lists(inner, min_size=1, max_size=3).map(tuple)  # noqa: E731
    return st.recursive(
        leaves, lambda inner: st.one_of(st.builds(AllOf, parts(inner)), st.builds(AnyOf, parts(inner))), max_leaves=5
    )


conditions = combined(st.one_of(scores, scores, known, listed, fixed, counted, st.builds(Not, fixed)))
fixed_conditions = combined(st.one_of(fixed, st.builds(Not, fixed), st.builds(Not, counted)))
grown_conditions = combined(st.one_of(known, listed, fixed))


def _rules(found: list[tuple[Condition, Action, bool, bool]]) -> tuple[Rule, ...]:
    return tuple(
        Rule(f"r{i}", f"c{i}", None, condition, action, review or action is Action.HOLD, "m", i + 1, always)
        for i, (condition, action, review, always) in enumerate(found)
    )


rules = st.lists(
    st.tuples(conditions, st.sampled_from(Action), st.booleans(), st.booleans()), min_size=1, max_size=8
).map(_rules)
_categories = st.frozensets(st.sampled_from(LABELS), min_size=1)


def exemptions(conditions: st.SearchStrategy[Condition]) -> st.SearchStrategy[tuple[Exemption, ...]]:
    return st.lists(st.tuples(_categories, conditions), max_size=2).map(
        lambda found: tuple(Exemption(f"e{i}", f"e{i}", c, when, "m", 1) for i, (c, when) in enumerate(found))
    )


def document(found: tuple[Rule, ...], exempt: tuple[Exemption, ...] = ()) -> PolicyDocument:
    return PolicyDocument("p", "v", found, "", exempt, LISTS)


def compiled(found: tuple[Rule, ...], exempt: tuple[Exemption, ...] = ()) -> CompiledPolicy:
    return compile_policy(document(found, exempt), BUNDLES)


@dataclass(frozen=True)
class Case:
    """One item: its probabilities by bundle and source, its facts, and the lists that occur in it."""

    parts: tuple[tuple[int, ScoreSource, tuple[float, ...]], ...]
    facts: Facts
    lists: frozenset[str]

    def judge(self, policy: CompiledPolicy) -> Verdict:
        def find(name: str) -> Found | None:
            return Found(in_text=True) if name in self.lists else None

        sheets = [policy.sheets[bundle.digest] for bundle in BUNDLES]
        return policy.judge([Signal(sheets[i], source, probs) for i, source, probs in self.parts], self.facts, find)


def _probs(bundle: Scoring) -> st.SearchStrategy[tuple[float, ...]]:
    return st.tuples(*[PROB] * len(bundle.labels))


parts = st.one_of(
    st.tuples(st.just(0), st.sampled_from([ScoreSource.TEXT, ScoreSource.IMAGE_TEXT]), _probs(TEXT_BUNDLE)),
    st.tuples(st.just(1), st.just(ScoreSource.IMAGE), _probs(IMAGE_BUNDLE)),
)
matches = st.lists(
    st.builds(
        lambda bank: KnownMatch(bank=bank, item_id="1", kind=MatchKind.EXACT, distance=0.0, input="text"),
        st.sampled_from(BANKS),
    ),
    max_size=2,
).map(tuple)
contexts = st.builds(
    Context,
    surface=st.sampled_from([None, "feed", "chat"]),
    audience=st.sampled_from(Audience),
    locale=st.sampled_from([None, "pt", "pt-BR", "en-GB"]),
    author=st.builds(
        Author,
        account_age_days=st.one_of(st.none(), st.integers(0, 50)),
        prior_violations=st.integers(0, 5),
        is_verified=st.booleans(),
    ),
    user_reports=st.integers(0, 5),
    reach=st.integers(0, 5),
)
facts = st.builds(
    Facts,
    tenant=st.just("t"),
    endpoint=st.just("feed"),
    context=contexts,
    modalities=st.sampled_from([frozenset({Modality.TEXT}), frozenset({Modality.TEXT, Modality.IMAGE})]),
    matches=matches,
)
cases = st.builds(
    Case,
    parts=st.lists(parts, min_size=1, max_size=3).map(tuple),
    facts=facts,
    lists=st.frozensets(st.sampled_from(sorted(LISTS))),
)


@st.composite
def worse_scores(draw: st.DrawFn) -> tuple[Case, Case]:
    """An item, and the same with higher scores and more of them."""
    case = draw(cases)
    raised = tuple(
        (bundle, source, tuple(max(prob, draw(PROB)) for prob in probs)) for bundle, source, probs in case.parts
    )
    return case, replace(case, parts=raised + tuple(draw(st.lists(parts, max_size=1))))


@st.composite
def worse_cases(draw: st.DrawFn) -> tuple[Case, Case]:
    """An item, and the same with higher scores, more matches, lists, reports, reach and violations."""
    case, worse = draw(worse_scores())
    context = case.facts.context
    author = context.author
    more = context.model_copy(
        update={
            "user_reports": context.user_reports + draw(st.integers(0, 3)),
            "reach": context.reach + draw(st.integers(0, 3)),
            "author": author.model_copy(update={"prior_violations": author.prior_violations + draw(st.integers(0, 3))}),
        }
    )
    found = replace(case.facts, context=more, matches=case.facts.matches + draw(matches))
    return case, replace(worse, facts=found, lists=case.lists | draw(st.frozensets(st.sampled_from(sorted(LISTS)))))
