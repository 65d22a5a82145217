"""Mapping: what Weir's categories and actions are called in the Transparency Database.

The table is in docs/accountability.md too; a test holds both together. Where the database has no keyword that says
what Weir's category says, and no more than that, the keyword is `KEYWORD_OTHER` with own words.
"""

from typing import Final, NamedTuple

from models.contracts import Action, Category
from service.accountability.dsa.vocabulary import KEYWORD_OTHER


class Filed(NamedTuple):
    """Under what a harm is filed.

    Attributes:
        category: without its prefix.
        keyword: without its prefix.
        other: in words, where the keyword is OTHER.

    """

    category: str
    keyword: str
    other: str | None = None

    @property
    def statement_category(self) -> str:
        """As the database writes it."""
        return f"STATEMENT_CATEGORY_{self.category}"

    @property
    def keywords(self) -> tuple[str, ...]:
        """As the database writes them."""
        return (KEYWORD_OTHER if self.other else f"KEYWORD_{self.keyword}",)


def _other(category: str, words: str) -> Filed:
    return Filed(category, "OTHER", words)


CATEGORIES: Final[dict[Category, Filed]] = {
    Category.HARASSMENT: Filed("CYBER_VIOLENCE", "CYBER_HARASSMENT"),
    Category.HARASSMENT_THREATENING: Filed("CYBER_VIOLENCE", "CYBER_BULLYING_INTIMIDATION"),
    Category.HATE: Filed("ILLEGAL_OR_HARMFUL_SPEECH", "DISCRIMINATION"),
    Category.HATE_THREATENING: Filed("ILLEGAL_OR_HARMFUL_SPEECH", "HATE_SPEECH"),
    Category.ILLICIT: _other("RISK_FOR_PUBLIC_SECURITY", "Advice on how to commit a crime"),
    Category.ILLICIT_VIOLENT: _other("RISK_FOR_PUBLIC_SECURITY", "Advice on how to commit a violent crime"),
    Category.SELF_HARM: _other("SELF_HARM", "Promotion or depiction of self-harm"),
    Category.SELF_HARM_INTENT: _other("SELF_HARM", "A person's intent to harm themselves"),
    Category.SELF_HARM_INSTRUCTIONS: _other("SELF_HARM", "Instructions for self-harm"),
    Category.SEXUAL: Filed("OTHER_VIOLATION_TC", "ADULT_SEXUAL_MATERIAL"),
    Category.SEXUAL_MINORS: Filed("PROTECTION_OF_MINORS", "CHILD_SEXUAL_ABUSE_MATERIAL"),
    Category.VIOLENCE: _other("VIOLENCE", "Depiction, threat or glorification of violence"),
    Category.VIOLENCE_GRAPHIC: _other("VIOLENCE", "Depiction of violence in graphic detail"),
    Category.TOXICITY: _other("OTHER_VIOLATION_TC", "Rude or disrespectful content"),
    Category.PROFANITY: _other("OTHER_VIOLATION_TC", "Obscene language"),
    Category.SPAM: _other("OTHER_VIOLATION_TC", "Unsolicited promotion or bulk messages"),
    Category.WEAPONS: _other("OTHER_VIOLATION_TC", "Picture of a weapon"),
    Category.FIRE: _other("OTHER_VIOLATION_TC", "Picture of an open fire"),
    Category.HARMFUL_MEME: _other("ILLEGAL_OR_HARMFUL_SPEECH", "Picture and words that attack somebody together"),
}
NO_CATEGORY: Final = _other("OTHER_VIOLATION_TC", "A rule of the platform that is about no harm of its own")
"""Of a decision by a list, by known content without a category, or by the context alone."""

VISIBILITIES: Final[dict[Action, str]] = {
    Action.LABEL: "DECISION_VISIBILITY_CONTENT_LABELLED",
    Action.BLUR: "DECISION_VISIBILITY_OTHER",
    Action.AGE_RESTRICT: "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED",
    Action.DEMOTE: "DECISION_VISIBILITY_CONTENT_DEMOTED",
    Action.HOLD: "DECISION_VISIBILITY_CONTENT_DISABLED",
    Action.REMOVE: "DECISION_VISIBILITY_CONTENT_REMOVED",
}
"""Every action but allow, which restricts nothing."""
BLURRED: Final = "The content is blurred until a viewer chooses to see it"
