"""Identity terms: which group a sentence from a template speaks of, read off its words.

The terms are those that the template set fills in, grouped so that a table can be read. Source: Dixon et al. (2018),
"Measuring and mitigating unintended bias in text classification", whose released sentences name them.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

TERMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "gender": ("male", "female", "nonbinary", "trans", "transgender"),
        "orientation": (
            *("lesbian", "gay", "bisexual", "queer", "lgbt", "lgbtq", "homosexual", "straight", "heterosexual"),
        ),
        "religion": ("christian", "muslim", "jewish", "buddhist", "catholic", "protestant", "sikh", "taoist"),
        "ethnicity": (
            *("african", "african american", "black", "white", "asian", "hispanic", "latino", "latina", "latinx"),
            *("middle eastern", "indian", "chinese", "japanese", "mexican"),
        ),
        "nationality": ("american", "canadian", "european"),
        "age": ("old", "older", "young", "younger", "teenage", "millenial", "middle aged", "elderly"),
        "disability": ("blind", "deaf", "paralyzed"),
    }
)  # fmt: skip
_LONGEST_FIRST: Final = sorted((term for terms in TERMS.values() for term in terms), key=len, reverse=True)
_TERM: Final = re.compile(r"\b(" + "|".join(re.escape(term) for term in _LONGEST_FIRST) + r")\b", re.IGNORECASE)
SLOT: Final = "_"


def term_of(sentence: str) -> str | None:
    """The identity term of a sentence, in lower case; None where it has none, or several that differ."""
    found = {match.lower() for match in _TERM.findall(sentence)}
    return found.pop() if len(found) == 1 else None


def template_of(sentence: str) -> str:
    """The sentence with its term taken out: the same for all groups that one template was filled with."""
    return _TERM.sub(SLOT, sentence)


def kind_of(term: str) -> str:
    """The kind of identity that a term names, such as religion."""
    return next(kind for kind, terms in TERMS.items() if term in terms)


def terms_of(sentences: Sequence[str]) -> list[str | None]:
    """`term_of` for each sentence."""
    return [term_of(sentence) for sentence in sentences]
