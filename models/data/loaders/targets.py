"""Targets: the group that a text attacks, from the words and codes in which each set says it.

A yes needs the group to be named; a no needs the set to name another, or nobody. Where a name fits two groups
("mexican" is an origin and, to some sets, an ethnicity) the second stays unknown.
"""

import ast
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from models.data.labels import TARGETS, Auxiliary, Label, no, yes

NOBODY: Final[dict[Label, int]] = no(*TARGETS)

_WOMEN = Auxiliary.TARGET_WOMEN
_ETHNICITY = Auxiliary.TARGET_ETHNICITY
_RELIGION = Auxiliary.TARGET_RELIGION
_LGBTQ = Auxiliary.TARGET_LGBTQ
_DISABILITY = Auxiliary.TARGET_DISABILITY
_ORIGIN = Auxiliary.TARGET_ORIGIN

Found = tuple[frozenset[Label], frozenset[Label]]
"""The groups that a name means, and those it may mean as well."""


def marks(found: Iterable[Found]) -> dict[Label, int]:
    """Yes to every group named, nothing of those that are possible, no to the rest; nothing for no name at all."""
    named: set[Label] = set()
    possible: set[Label] = set()
    for sure, maybe in found:
        named |= sure
        possible |= maybe
    if not (named or possible):
        return {}
    return no(*(label for label in TARGETS if label not in possible)) | yes(*named)


def _is(*labels: Label, maybe: Collection[Label] = ()) -> Found:
    return frozenset(labels), frozenset(maybe)


_OTHER: Final = _is()

# Free words of annotators, most specific first: "lesbian women" are lgbtq, and nobody says whether women are meant too.
_WORDS: Final[tuple[tuple[re.Pattern[str], Found], ...]] = tuple(
    (re.compile(rf"\b(?:{words})", re.IGNORECASE), found)
    for words, found in (
        (r"gay|lesbian|bisexual|trans|queer|lgbt|homosexual", _is(_LGBTQ, maybe=[_WOMEN])),
        (r"disab|mental|autis|retard|disorder|illness|deaf|blind|cripple|handicap|special needs", _is(_DISABILITY)),
        (
            r"jew|muslim|islam|christian|catholic|hindu|sikh|buddhis|mormon|holocaust",
            _is(_RELIGION, maybe=[_ETHNICITY]),
        ),
        (r"wom[ae]n|feminis|girl|female|mother|wife|wives", _is(_WOMEN)),
        (r"immigra|migrant|refugee|foreigner", _is(_ORIGIN, maybe=[_ETHNICITY])),
        (r"black|asian|native|first nation|people of colou?r|white|rac|roma\b|gyps", _is(_ETHNICITY, maybe=[_ORIGIN])),
        (
            r"latin|hispanic|arab|africa|mexic|indian|chin|ethiop|japan|korea|middle east",
            _is(maybe=[_ETHNICITY, _ORIGIN]),
        ),
    )
)


def words(name: str) -> Found:
    """What an annotator's words for a group mean; nothing for groups that are none of ours."""
    sure: set[Label] = set()
    maybe: set[Label] = set()
    for part in name.split(","):
        for pattern, found in _WORDS:
            if pattern.search(part):
                sure |= found[0]
                maybe |= found[1]
                break
    return frozenset(sure), frozenset(maybe - sure)


def by_votes(votes: Sequence[str]) -> dict[Label, int]:
    """The words of several annotators: yes where half of them name a group, no where none may mean it."""
    found = [words(vote) for vote in votes]
    counted: dict[Label, int] = {}
    for label in TARGETS:
        n_sure = sum(label in sure for sure, _ in found)
        if 2 * n_sure >= len(found):
            counted[label] = 1
        elif not any(label in sure | maybe for sure, maybe in found):
            counted[label] = 0
    return counted


_NATION = _is(_ORIGIN, maybe=[_ETHNICITY])
_RACE = _is(_ETHNICITY, maybe=[_ORIGIN])
_HATEMOJI: Final[Mapping[str, Found]] = {
    "none": _OTHER,
    "wc": _OTHER,
    "wom": _is(_WOMEN),
    "gaywom": _is(_LGBTQ, _WOMEN),
    "muswom": _is(_RELIGION, _WOMEN, maybe=[_ETHNICITY]),
    "sikhwom": _is(_RELIGION, _WOMEN, maybe=[_ETHNICITY]),
    "mexwom": _is(_ORIGIN, _WOMEN, maybe=[_ETHNICITY]),
    "dis": _is(_DISABILITY),
    "immig": _NATION,
    "ref": _NATION,
    "asy": _NATION,
    "for": _NATION,
    "mex": _NATION,
    "europe.east": _NATION,
    "ethmin": _RACE,
    "african": _RACE,
    "arab": _RACE,
    "hisp": _RACE,
    "ind": _RACE,
    "indig": _RACE,
    "abo": _RACE,
    "trav": _RACE,
    "mix.race": _RACE,
    "jew": _is(_RELIGION, maybe=[_ETHNICITY]),
    "mus": _is(_RELIGION, maybe=[_ETHNICITY]),
    "sikh": _is(_RELIGION, maybe=[_ETHNICITY]),
    "hind": _is(_RELIGION, maybe=[_ETHNICITY]),
}


def hatemoji(codes: str) -> dict[Label, int]:
    """The codes of a row, a printed list; unknown codes make everything unknown."""
    found = [_hatemoji(code) for code in _listed(codes)]
    if not found or None in found:
        return {}
    known = [one for one in found if one is not None]
    return marks(known) or dict(NOBODY)


def _listed(codes: str) -> list[str]:
    if not codes.startswith("["):
        return [codes] if codes else []
    return [str(code) for code in ast.literal_eval(codes)]


def _hatemoji(code: str) -> Found | None:
    if code in _HATEMOJI:
        return _HATEMOJI[code]
    if code.startswith("nat."):
        return _NATION
    if code.startswith(("gay", "trans", "lgbt", "bis")):
        return _is(_LGBTQ)
    if code.startswith(("bla", "asi", "ind")):
        women = [_WOMEN] if code.endswith("wom") else []
        return _is(_ETHNICITY, *women, maybe=[_ORIGIN])
    return None


_TOXIGEN: Final[Mapping[str, Found]] = {
    "women": _is(_WOMEN),
    "mental dis": _is(_DISABILITY),
    "physical dis": _is(_DISABILITY),
    "lgbtq": _is(_LGBTQ),
    "muslim": _is(_RELIGION, maybe=[_ETHNICITY]),
    "jewish": _is(_RELIGION, maybe=[_ETHNICITY]),
    "asian": _RACE,
    "black": _RACE,
    "native-american": _is(_ETHNICITY),
    "latino": _RACE,
    "chinese": _is(maybe=[_ETHNICITY, _ORIGIN]),
    "mexican": _is(maybe=[_ETHNICITY, _ORIGIN]),
    "middle-eastern": _is(maybe=[_ETHNICITY, _ORIGIN]),
}


def toxigen(groups: Iterable[str]) -> dict[Label, int]:
    """The groups of a hateful row."""
    found = [_TOXIGEN.get(group) for group in groups]
    return {} if None in found else marks(one for one in found if one is not None)


_MLMA_TARGETS: Final[Mapping[str, Found]] = {
    "disability": _is(_DISABILITY),
    "sexual_orientation": _is(_LGBTQ),
    "religion": _is(_RELIGION, maybe=[_ETHNICITY]),
    "gender": _is(maybe=[_WOMEN, _LGBTQ]),
    "origin": _is(maybe=[_ETHNICITY, _ORIGIN]),
}
_MLMA_GROUPS: Final[Mapping[str, Found]] = {
    "women": _is(_WOMEN),
    "gay": _is(_LGBTQ),
    "immigrants": _NATION,
    "refugees": _NATION,
    "african_descent": _RACE,
    "asians": _RACE,
    "arabs": _RACE,
    "hispanics": _RACE,
    "muslims": _is(_RELIGION, maybe=[_ETHNICITY]),
    "jews": _is(_RELIGION, maybe=[_ETHNICITY]),
    "christian": _is(_RELIGION),
    "indian/hindu": _is(maybe=[_ETHNICITY, _RELIGION, _ORIGIN]),
}


def mlma(target: str, group: str) -> dict[Label, int]:
    """The ground of the attack and the group; one alone settles what it names, and "origin" is race or country."""
    return marks([_MLMA_TARGETS.get(target, _OTHER), _MLMA_GROUPS.get(group, _OTHER)])
