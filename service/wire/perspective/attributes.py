"""The attributes of the Perspective API, and what each is here: a combination of Weir's categories, or refused.

An attribute is scored when the loaded text model scores enough of the categories that it stands for. One that needs
something no model here looks at (who is attacked, what the article was about, how constructive a comment is) is refused
by name: a number that means something else would be worse than none.

Source: the documentation of the Perspective API, "Attributes and languages", and its discovery document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models.contracts import Category


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute.

    Attributes:
        name: on the wire.
        meaning: the original's, in short.
        groups: the score is the lowest over the groups of the highest inside each; empty when it is refused.
        because: why it is mapped so, or why it is refused.

    """

    name: str
    meaning: str
    groups: tuple[tuple[Category, ...], ...]
    because: str

    @property
    def formula(self) -> str:
        """The combination in words, such as `min(toxicity, max(hate, hate/threatening))`."""
        parts = [_function("max", [category.value for category in group]) for group in self.groups]
        return _function("min", parts) if parts else "refused"

    def score(self, probs: Mapping[Category, float]) -> float | None:
        """The score, from the probabilities of the categories that were scored; None when too few were."""
        found = [[probs[category] for category in group if category in probs] for group in self.groups]
        return min(map(max, found)) if found and all(found) else None


def _function(name: str, arguments: Sequence[str]) -> str:
    return arguments[0] if len(arguments) == 1 else f"{name}({', '.join(arguments)})"


def _scored(name: str, meaning: str, because: str, *groups: tuple[Category, ...]) -> Attribute:
    return Attribute(name, meaning, groups, because)


def _refused(name: str, meaning: str, because: str) -> Attribute:
    return Attribute(name, meaning, (), because)


_C = Category
_THREATS: Final = (_C.HARASSMENT_THREATENING, _C.HATE_THREATENING)
_TOXICITY: Final = _scored("TOXICITY", "Rude or disrespectful.", "The same definition.", (_C.TOXICITY,))
_BASIC: Final = (
    _TOXICITY,
    _scored(
        "SEVERE_TOXICITY",
        "Very hateful, aggressive or disrespectful.",
        "Toxic, and hateful or threatening besides: mild rudeness and friendly swearing stay low.",
        (_C.TOXICITY,),
        (_C.HATE, *_THREATS),
    ),
    _scored(
        "IDENTITY_ATTACK",
        "Hateful towards somebody for who they are.",
        "Hate, threatening or not.",
        (_C.HATE, _C.HATE_THREATENING),
    ),
    _scored("INSULT", "Insulting towards a person or group.", "Harassment is insult and bullying.", (_C.HARASSMENT,)),
    _scored("PROFANITY", "Swear words and obscene language.", "The same definition.", (_C.PROFANITY,)),
    _scored(
        "THREAT",
        "An intention to hurt a person or group.",
        "Threats against a person or a group; violence that is told of is not one.",
        _THREATS,
    ),
)
_EXPERIMENTAL: Final = tuple(
    Attribute(f"{entry.name}_EXPERIMENTAL", entry.meaning, entry.groups, f"The same as {entry.name}.")
    for entry in _BASIC
)
_ELSE: Final = (
    _scored("TOXICITY_FAST", _TOXICITY.meaning, "The same as TOXICITY.", *_TOXICITY.groups),
    _scored("SEXUALLY_EXPLICIT", "Sexual acts, body parts, lewdness.", "The nearest definition.", (_C.SEXUAL,)),
    _scored("OBSCENE", "Obscene or vulgar language.", "Obscene language is profanity here.", (_C.PROFANITY,)),
    _scored("SPAM", "Unsolicited commercial content.", "The same definition.", (_C.SPAM,)),
    _refused("FLIRTATION", "Pickup lines, innuendo.", "No model here tells flirting from sexual content."),
    _refused("ATTACK_ON_AUTHOR", "Attack on the author of an article.", "No model here knows who is attacked."),
    _refused("ATTACK_ON_COMMENTER", "Attack on a fellow commenter.", "No model here knows who is attacked."),
    _refused("ATTACK_ON_PUBLISHER", "Attack on the publisher.", "No model here knows who is attacked."),
    _refused("INCOHERENT", "Difficult to understand.", "No model here judges style."),
    _refused("INFLAMMATORY", "Intends to provoke.", "No model here judges intent."),
    _refused("LIKELY_TO_REJECT", "One newspaper's moderation.", "That newspaper's rules are not known here."),
    _refused("OFF_TOPIC", "Not about the topic.", "No model here reads the article."),
    _refused("UNSUBSTANTIAL", "Trivial or short.", "No model here judges substance."),
)
_BRIDGING: Final = tuple(
    _refused(f"{name}_EXPERIMENTAL", meaning, "No model here scores what is good in a comment or how it persuades.")
    for name, meaning in {
        "AFFINITY": "Shared interests or outlooks.",
        "COMPASSION": "Empathy or support.",
        "CONSTRUCTIVE": "Adds to the discussion; later named REASONING.",
        "CURIOSITY": "Asks to learn more.",
        "NUANCE": "Several points of view.",
        "PERSONAL_STORY": "Tells of an experience.",
        "REASONING": "Gives reasons.",
        "RESPECT": "Acknowledges others.",
        "ALIENATION": "Divides into us and them.",
        "FEARMONGERING": "Spreads fear.",
        "GENERALIZATION": "Generalises about a group.",
        "MORAL_OUTRAGE": "Anger at a moral wrong.",
        "POWER_APPEAL": "Appeals to power.",
        "SCAPEGOATING": "Blames one group.",
    }.items()
)
ATTRIBUTES: Final[Mapping[str, Attribute]] = {
    entry.name: entry for entry in (*_BASIC, *_ELSE, *_EXPERIMENTAL, *_BRIDGING)
}
"""By name, in the order of the documentation here."""


def scored_attributes(labels: Sequence[Category]) -> dict[str, Attribute]:
    """Those that a model with these labels has a score for."""
    probs = dict.fromkeys(labels, 0.0)
    return {name: entry for name, entry in ATTRIBUTES.items() if entry.score(probs) is not None}
