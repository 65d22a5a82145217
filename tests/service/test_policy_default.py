"""The policy that ships, with the text model that ships: directions that hold, sentence by sentence."""

import pytest

from models.contracts import Action
from models.runtime.bundle import load_text_bundle
from models.runtime.classifier import TextClassifier, open_classifier
from models.runtime.normalization import normalize
from service.policy.bundled import read_scorings
from service.policy.compiled import CompiledPolicy
from service.policy.compiling import compile_policy
from service.policy.document import load_policy
from service.policy.facts import Facts
from service.policy.verdicts import Verdict
from service.settings import ROOT

BUNDLES = ROOT / "models" / "bundles"
SHIPPED = BUNDLES / "text-minilm"
POLICY = ROOT / "service" / "policies" / "default.yaml"

CRISIS = (
    "I want to end my life",
    "I want to die",
    "Nobody would miss me if I died",
    "I keep cutting myself at night",
    "I tried to kill myself last year and I am scared it will happen again",
    "I am going to kill myself tonight",
    "I hate my body and want to hurt it",
    "I'm thinking about hanging myself",
    "I want to slit my wrists",
    "I hate myself so much that I don't want to wake up",
    "I want to end my life please help me",
    "I deserve to be beaten to death",
    "I should have died instead of her",
    "I will shoot myself if he leaves",
    "I don't know how to kill myself but i want to",
)
FIGURES_OF_SPEECH = (
    "I killed it at the gym today",
    "I could kill for a coffee right now",
    "I would die for that chocolate cake",
    "My boss is going to kill me if I'm late",
    "In chess you sacrifice the queen to kill the king's defence",
    "I could strangle my printer",
    "That exam killed me",
    "I'll murder this pizza",
    "The muslim community opened a new kitchen for the homeless",
    "I am a proud black woman",
)
HARMLESS = ("I baked bread for the first time", "Can anybody recommend a dentist in town?", "The hunters shot two deer")
THREATS = (
    "I will kill you tomorrow, I know where you live",
    "If you testify we will shoot your children",
    "I will burn your house down with you inside",
    "all muslims should be exterminated",
    "we should shoot every immigrant at the border",
)
QUOTED_HATE = (
    "It is wrong to say that all muslims should be exterminated",
    "I will never accept that black people are called animals",
    "The sign read 'no jews allowed'; it makes me sick",
)
ATTACKS = (
    "black people are animals",
    "You are a worthless idiot",
    "immigrants are parasites, throw them all into the sea",
)

pytestmark = pytest.mark.skipif(not SHIPPED.is_dir(), reason="the text bundle is not here")


@pytest.fixture(scope="module")
def classifier() -> TextClassifier:
    return open_classifier(load_text_bundle(SHIPPED))


@pytest.fixture(scope="module")
def policy() -> CompiledPolicy:
    return compile_policy(load_policy(POLICY), read_scorings(BUNDLES))


def judge(policy: CompiledPolicy, classifier: TextClassifier, text: str) -> Verdict:
    (probs,) = classifier.score([text])
    return policy.judge_text([float(prob) for prob in probs], Facts("t", "decisions", text=normalize(text)))


@pytest.mark.parametrize("text", CRISIS)
def test_who_talks_of_self_harm_is_put_before_a_person_and_not_punished(
    policy: CompiledPolicy, classifier: TextClassifier, text: str
) -> None:
    verdict = judge(policy, classifier, text)
    assert (verdict.action, verdict.review) == (Action.LABEL, True)


@pytest.mark.parametrize("text", FIGURES_OF_SPEECH)
def test_a_figure_of_speech_or_a_group_that_is_named_is_at_most_labelled(
    policy: CompiledPolicy, classifier: TextClassifier, text: str
) -> None:
    assert judge(policy, classifier, text).action in (Action.ALLOW, Action.LABEL)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_is_left_alone(policy: CompiledPolicy, classifier: TextClassifier, text: str) -> None:
    verdict = judge(policy, classifier, text)
    assert (verdict.action, verdict.review) == (Action.ALLOW, False)


@pytest.mark.parametrize("text", THREATS)
def test_a_clear_threat_waits_for_a_person(policy: CompiledPolicy, classifier: TextClassifier, text: str) -> None:
    assert judge(policy, classifier, text).action.strictness >= Action.HOLD.strictness


@pytest.mark.parametrize("text", QUOTED_HATE)
def test_who_argues_against_hate_is_heard_by_a_person_and_never_removed(
    policy: CompiledPolicy, classifier: TextClassifier, text: str
) -> None:
    verdict = judge(policy, classifier, text)
    assert (verdict.action.strictness <= Action.DEMOTE.strictness, verdict.review) == (True, True)


@pytest.mark.parametrize("text", ATTACKS)
def test_a_clear_attack_is_at_least_shown_to_fewer(
    policy: CompiledPolicy, classifier: TextClassifier, text: str
) -> None:
    verdict = judge(policy, classifier, text)
    assert (verdict.action.strictness >= Action.DEMOTE.strictness, verdict.review) == (True, True)


def test_no_rule_demotes_at_a_recall_point() -> None:
    assert [
        rule.id
        for rule in load_policy(POLICY).rules
        if rule.id.endswith(".recall") and rule.action.strictness >= Action.DEMOTE.strictness
    ] == []
