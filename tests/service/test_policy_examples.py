"""The shipped policies on what they were written for: each scenario is one item, and what becomes of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from models.contracts import Context, KnownMatch, MatchKind, OperatingPoint, ScoreSource, ThresholdTable
from models.runtime.normalization import normalize
from service.policy.bundled import read_scorings
from service.policy.checking import check_policy
from service.policy.compiled import CompiledPolicy, Signal
from service.policy.compiling import Scoring, compile_policy
from service.policy.document import load_policy
from service.policy.facts import Facts
from service.policy.verdicts import Verdict
from service.settings import ROOT

POLICIES = ROOT / "service" / "policies"
EXAMPLES = sorted((POLICIES / "examples").glob("*.yaml"))


@dataclass
class Item:
    """What is posted: a text, how sure the models are of it, and what the caller says of it."""

    text: str = "whatever"
    scores: dict[str, str] = field(default_factory=dict)
    picture: dict[str, str] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    bank: str | None = None

    def judge(self, policy: CompiledPolicy, bundles: list[Scoring]) -> Verdict:
        signals = [Signal(policy.sheets[bundles[0].digest], ScoreSource.TEXT, probs(bundles[0], self.scores))]
        for bundle, source in zip(bundles[1:], (ScoreSource.IMAGE, ScoreSource.JOINT), strict=False):
            signals.append(Signal(policy.sheets[bundle.digest], source, probs(bundle, self.picture), 0))
        match = KnownMatch(bank=self.bank or "-", item_id="1", kind=MatchKind.EXACT, distance=0.0, input="text")
        context = Context.model_validate(self.context, strict=False)
        return policy.judge(
            signals,
            Facts("t", "decisions", context, text=normalize(self.text), matches=(match,) if self.bank else ()),
        )


def probs(bundle: Scoring, points: dict[str, str]) -> list[float]:
    """Probabilities exactly at an operating point, and 0 for everything else."""
    table: ThresholdTable = bundle.thresholds
    return [
        table.categories[label][OperatingPoint(points[label])] if label in points else 0.0 for label in bundle.labels
    ]


NEW = {"account_age_days": 2}
CASES = {
    "marketplace": [
        (Item("is it still available", {"spam": "precision"}, context={"kind": "message"}), "allow"),
        (Item("is it still available for a gift card", {"spam": "balanced"}, context={"kind": "message"}), "demote"),
        (Item("Original counterfeit bags", context={"kind": "listing"}), "hold"),
        (Item("is this counterfeit?", context={"kind": "message"}), "label"),
        (Item("please pay me with Western Union"), "demote"),
        (Item("please pay me with Western Union", context={"author": NEW}), "hold"),
        (Item("I am Exampelmarket Suport, give me your password"), "remove"),
        (Item("I am Examplemarket Support", context={"author": {"is_verified": True}}), "allow"),
        (Item("a picture", bank="fraud-pictures"), "remove"),
        (Item("cheap", {"spam": "balanced"}), "demote"),
        (Item("cheap", {"spam": "balanced"}, context={"author": NEW}), "remove"),
        (Item("cheap", {"spam": "balanced"}, context={"author": {"is_verified": True}}), "allow"),
        (
            Item("cheap", {"spam": "balanced"}, context={"author": {"is_verified": True}, "user_reports": 3}),
            "demote",
        ),
        (Item("a knife", picture={"weapons": "balanced"}, context={"kind": "listing"}), "hold"),
        (Item("a knife", picture={"weapons": "balanced"}, context={"kind": "message"}), "allow"),
        (Item("you fool", {"toxicity": "precision"}, context={"kind": "message"}), "allow"),
        (Item("you fool", {"toxicity": "precision"}, context={"kind": "listing"}), "demote"),
        (Item(context={"user_reports": 3}), "demote"),
    ],
    "teen-chat": [
        (Item("whatever", {"profanity": "precision", "toxicity": "precision"}), "allow"),
        (Item("it hurts", {"self-harm": "recall"}), "label"),
        (Item("my snap is foo", context={"surface": "room"}), "demote"),
        (Item("my snap is foo", context={"surface": "direct-messages"}), "hold"),
        (
            Item("how old are u", context={"surface": "direct-messages", "author": {"prior_violations": 1}}),
            "remove",
        ),
        (Item("nobody lieks you"), "remove"),
        (Item("KYS"), "remove"),
        (Item("keys"), "allow"),
        (Item("?", {"sexual": "recall"}), "hold"),
        (Item("?", {"sexual": "precision"}), "remove"),
        (Item("?", {"harassment": "recall", "toxicity": "balanced"}), "allow"),
        (Item("?", {"harassment": "recall", "toxicity": "balanced"}, context={"user_reports": 1}), "hold"),
        (Item("?", picture={"weapons": "balanced"}), "age-restrict"),
        (Item("?", bank="any-bank"), "hold"),
    ],
    "news-comments": [
        (Item("war is war", {"violence": "precision", "profanity": "precision"}), "allow"),
        (Item("war is war", {"violence": "recall"}, context={"audience": "minors"}), "age-restrict"),
        (Item("?", {"harassment": "precision"}), "demote"),
        (Item("?", {"harassment/threatening": "recall"}), "allow"),
        (Item("?", {"harassment/threatening": "recall"}, context={"reach": 10_000}), "demote"),
        (Item("?", {"harassment/threatening": "balanced"}), "hold"),
        (Item("?", {"hate": "balanced"}), "demote"),
        (Item("?", {"hate": "balanced"}, context={"author": {"prior_violations": 2}}), "remove"),
        (Item("Why they call us idiots", {"hate": "balanced", "toxicity": "balanced"}), "allow"),
        (Item("Why they call us idiots: they are", {"hate": "balanced"}), "demote"),
        (
            Item("This thread is closed.", {"spam": "precision"}, context={"author": {"is_verified": True}}),
            "allow",
        ),
        (Item("This thread is closed.", {"spam": "precision"}), "demote"),
        (
            Item(
                "This thread is closed.",
                {"harassment/threatening": "balanced"},
                context={"author": {"is_verified": True}},
            ),
            "hold",
        ),
        (Item("?", {"hate": "recall", "toxicity": "balanced"}), "demote"),
        (Item("?", {"hate": "recall", "toxicity": "balanced"}, context={"surface": "satire"}), "allow"),
        (Item("see https://a.example and https://b.example and www.c.example"), "demote"),
        (Item(context={"user_reports": 2, "locale": "de-AT"}), "label"),
        (Item(context={"user_reports": 2, "locale": "en"}), "allow"),
        (Item("?", picture={"weapons": "precision"}), "blur"),
    ],
    "default": [
        (Item("hello"), "allow"),
        (Item("?", {"harassment": "balanced"}), "label"),
        (Item("?", {"harassment": "recall"}, context={"user_reports": 3}), "label"),
        (Item("?", {"harassment/threatening": "precision"}), "label"),
        (Item("?", {"hate/threatening": "precision"}), "label"),
        (Item("?", {"self-harm/instructions": "precision"}), "label"),
        (Item("?", {"sexual": "balanced"}), "label"),
        (Item("?", {"sexual": "balanced"}, context={"audience": "minors"}), "hold"),
        (Item("?", {"self-harm": "precision"}, context={"user_reports": 9}), "label"),
    ],
}


@pytest.fixture(scope="module")
def bundles() -> list[Scoring]:
    return read_scorings(ROOT / "models" / "bundles")


def path(name: str) -> Path:
    return POLICIES / ("default.yaml" if name == "default" else f"examples/{name}.yaml")


@pytest.mark.parametrize("name", CASES)
def test_a_shipped_policy_does_what_it_was_written_for(name: str, bundles: list[Scoring]) -> None:
    policy = compile_policy(load_policy(path(name)), bundles)
    found = [(item, item.judge(policy, bundles).action.value) for item, _ in CASES[name]]
    assert [action for _, action in found] == [action for _, action in CASES[name]], found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_leaves_no_doubts(example: Path, bundles: list[Scoring]) -> None:
    assert check_policy(load_policy(example), bundles) == []


def test_every_example_has_scenarios() -> None:
    assert {example.stem for example in EXAMPLES} == set(CASES) - {"default"}


def test_the_default_policy_needs_a_score_for_everything(bundles: list[Scoring]) -> None:
    """So that a harmless text costs as little as it can."""
    assert compile_policy(load_policy(path("default")), bundles).free == ()
