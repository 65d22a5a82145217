"""What a policy costs an item: the shipped policies on harmless and harmful items, and lists on the worst texts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Final, TypeVar

import numpy as np

from models.contracts import Category, OperatingPoint, ScoreSource
from models.runtime.normalization import normalize
from scripts.bench.machine import Machine, describe_machine
from scripts.bench.matching_report import Sheet
from scripts.bench.report import machine_line
from service.policy.bundled import read_scorings
from service.policy.compiled import CompiledPolicy, Signal
from service.policy.compiling import Scoring, compile_policy
from service.policy.document import load_policy
from service.policy.facts import NO_FACTS, Facts
from service.policy.lists import MAX_ENTRIES, ListKind, WordList
from service.policy.matching import Passage, build_matcher
from service.settings import ROOT

_Given = TypeVar("_Given")
SECTION: Final = "weir bench policy"
POLICIES: Final = ("default", "examples/marketplace", "examples/teen-chat", "examples/news-comments")
TRIES: Final = 3
N_GAPS: Final = 14
"""Patterns with a gap of 30 characters in one policy: about as many instructions as there may be."""
LONGEST: Final = 100_000
"""Characters: `WEIR_MAX_TEXT_CHARS`."""
_TEXTS: Final = Path(__file__).with_name("texts.txt")
_FOLDER: Final = ROOT / "service" / "policies"
_SITUATIONS: Final = (
    "a harmless text", "one rule fires", "every score is 1", "a harmless picture, with words",
    "every score of both is 1",
)  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What one kind of item costs, in microseconds: the median, and what 99 of 100 stay under."""

    subject: str
    situation: str
    p50_us: float
    p99_us: float


@dataclass(frozen=True)
class PolicyReport:
    """All measurements.

    Attributes:
        rules: number of rules by policy.

    """

    machine: Machine
    repeats: int
    rules: dict[str, int]
    policies: list[Cost]
    lists: list[Cost]

    def as_json(self) -> dict[str, object]:
        """Ready for JSON."""
        return asdict(self)


def run_policy(bundles: Path, repeats: int, advance: Callable[[str], None]) -> PolicyReport:
    """Measure every policy in every situation, then the lists.

    Args:
        bundles: folder of the bundles whose thresholds are used.
        repeats: items a measurement; the lists' longest texts take one in 200 of it.
        advance: called before each of `N_STEPS` groups of measurements, with its name.

    """
    machine = describe_machine()
    scorings = read_scorings(bundles)
    texts = [normalize(line) for line in _TEXTS.read_text(encoding="utf-8").splitlines() if line.strip()]
    costs: list[Cost] = []
    rules: dict[str, int] = {}
    for name in POLICIES:
        policy = compile_policy(load_policy(_FOLDER / f"{name}.yaml"), scorings)
        advance(policy.name)
        rules[policy.name] = len(policy.rules)
        costs += _policy_costs(policy, scorings, texts, repeats)
    lists = _list_costs(texts, repeats, advance)
    return PolicyReport(machine, repeats, rules, costs, lists)


N_STEPS: Final = len(POLICIES) + 4


def policy_sheets(report: PolicyReport) -> list[Sheet]:
    """The table of policies and the table of lists."""
    rows = []
    for name, n_rules in report.rules.items():
        cells = {cost.situation: cost for cost in report.policies if cost.subject == name}
        rows.append((f"{name} ({n_rules} rules)", *(_said(cells[situation]) for situation in _SITUATIONS)))
    kinds = dict.fromkeys(cost.subject for cost in report.lists)
    situations = list(dict.fromkeys(cost.situation for cost in report.lists))
    found = {(cost.subject, cost.situation): cost for cost in report.lists}
    lists = [(kind, *(_said(found[kind, situation]) for situation in situations)) for kind in kinds]
    return [
        Sheet("An item, in microseconds: median (99 of 100 stay under)", ("policy", *_SITUATIONS), tuple(rows)),
        Sheet("One list, in microseconds: median (99 of 100 stay under)", ("list", *situations), tuple(lists)),
    ]


def policy_section(report: PolicyReport) -> str:
    """The Markdown section."""
    method = (
        "`weir bench policy`: the policies that ship, with the thresholds of the shipped bundles, on one thread; "
        f"{report.repeats:,} items a measurement, each timed {TRIES} times by itself and the least taken, because "
        "other work interrupts. Texts are those of the serving benchmark. A policy with lists looks for them in every "
        "text, so its harmless texts cost that. Lists are of the greatest size that a policy may have; a text of "
        f"{LONGEST:,} characters is the longest that is accepted by default, and one built against a list holds as "
        "many different words of its entries' length as fit, what makes backtracking engines exponential, or what "
        "makes RE2 hold as many states as it can."
    )
    return "\n\n".join(
        ["## Policies", method, machine_line(report.machine), *(sheet.markdown() for sheet in policy_sheets(report))]
    )


def _said(cost: Cost) -> str:
    return f"{cost.p50_us:,.1f} ({cost.p99_us:,.1f})"


def _policy_costs(policy: CompiledPolicy, bundles: Sequence[Scoring], texts: Sequence[str], repeats: int) -> list[Cost]:
    text = policy.text
    facts = [replace(NO_FACTS, text=entry) for entry in texts]
    both = [replace(entry, words="free entry\n") for entry in facts]
    none, every = [0.0] * len(text.labels), [1.0] * len(text.labels)
    one = [0.0] * len(none)
    one[text.labels.index(Category.HARASSMENT)] = bundles[0].thresholds.categories[Category.HARASSMENT][
        OperatingPoint.BALANCED
    ]
    calls: list[Callable[[Facts], object]] = [
        lambda fact: policy.judge_text(none, fact),
        lambda fact: policy.judge_text(one, fact),
        lambda fact: policy.judge_text(every, fact),
        lambda fact: policy.judge(_signals(policy, bundles, 0.0), fact),
        lambda fact: policy.judge(_signals(policy, bundles, 1.0), fact),
    ]
    given = (facts, facts, facts, both, both)
    return [
        _cost(policy.name, situation, call, found, repeats)
        for situation, call, found in zip(_SITUATIONS, calls, given, strict=True)
    ]


def _signals(policy: CompiledPolicy, bundles: Sequence[Scoring], prob: float) -> list[Signal]:
    """What an item with a text and one picture with words brings."""
    sources = (ScoreSource.TEXT, ScoreSource.IMAGE, ScoreSource.JOINT)
    found = [
        Signal(policy.sheets[bundle.digest], source, [prob] * len(bundle.labels), 0 if place else None)
        for place, (bundle, source) in enumerate(zip(bundles, sources, strict=False))
    ]
    return [*found, Signal(policy.text, ScoreSource.IMAGE_TEXT, [prob] * len(policy.text.labels), 0)]


def _list_costs(texts: Sequence[str], repeats: int, advance: Callable[[str], None]) -> list[Cost]:
    words = [f"w{number:x}ord" for number in range(MAX_ENTRIES["exact"])]
    ordinary = " ".join([*texts] * (LONGEST // sum(map(len, texts)) + 1))[:LONGEST]
    cases = (
        (ListKind.EXACT, "entries", [*words[:-3], "two words", "a phrase of five words", "three more words"],
         " ".join(f"w{number:x}orb" for number in range(LONGEST // 7))),
        (ListKind.REGEX, "words", [rf"\bword{number}\b" for number in range(MAX_ENTRIES["regex"] - 1)] + ["(x+x+)+y"],
         "x" * LONGEST),
        (ListKind.REGEX, "wide gaps", [f"x.{{0,30}}{number}y" for number in range(N_GAPS)],
         "".join(Random(7).choices("abx1", k=LONGEST))),
        (ListKind.FUZZY, "entries", [f"examplename{number}"[-12:] for number in range(MAX_ENTRIES["fuzzy"])],
         " ".join(f"{number:x}samplenames"[:12] for number in range(4096, 4096 + LONGEST // 13))),
    )  # fmt: skip
    costs: list[Cost] = []
    for kind, what, found, hostile in cases:
        matcher = build_matcher(WordList("l", kind, tuple(found)))
        name = f"{kind.value}, {len(found):,} {what}"
        advance(f"list: {name}")
        slow = max(repeats // 200, 5)

        def call(text: str, matches: Callable[[Passage], bool] = matcher) -> object:
            return matches(Passage(text))

        costs += [
            _cost(name, "a text of the serving benchmark", call, texts, repeats),
            _cost(name, f"{LONGEST:,} characters of them", call, [ordinary], slow),
            _cost(name, f"{LONGEST:,} characters built against it", call, [hostile[:LONGEST]], slow),
        ]
    return costs


def _cost(
    subject: str, situation: str, call: Callable[[_Given], object], given: Sequence[_Given], repeats: int
) -> Cost:
    clock = time.perf_counter_ns
    for entry in given[:3]:
        call(entry)
    took = np.empty(repeats)
    for place in range(repeats):
        entry = given[place % len(given)]
        least = float("inf")
        for _ in range(TRIES):
            began = clock()
            call(entry)
            least = min(least, clock() - began)
        took[place] = least
    p50, p99 = np.percentile(took / 1e3, (50, 99))
    return Cost(subject, situation, float(p50), float(p99))
