"""Leet: letters written as digits and signs of the same shape."""

import random
from typing import Final

from models.data.attacks.tables import Table, by_letter, by_line
from models.data.attacks.targets import rewrite, substitute

TRAINING: Final = by_letter("a4 b8 e3 g9 i! o0 s$ t7 z2")
BENCHMARK: Final = by_letter("a@^ b6 c(<¢ e€& fƒ g6& h# i1|¡ l1|£ o°* pþ r® s5§ t+† uµv x% y¥ z%")
"""One character a letter, none of them in `TRAINING`."""
BENCHMARK_SIGNS: Final = by_line(
    r"""
    a = /\ /-\
    b = |3 13
    c = [ {
    d = |) cl
    f = |=
    h = |-| }{
    i = ][
    k = |< |{
    l = |_
    m = |\/| nn
    n = |\| ^/
    o = () []
    p = |> |*
    r = |2 |?
    t = -|-
    u = |_|
    v = \/
    w = vv \/\/
    x = ><
    z = 7_
    """
)
"""Several characters a letter."""


def leet(text: str, chance: random.Random, *, strength: float, table: Table = BENCHMARK, share: float = 0.6) -> str:
    """Replace `share` of the replaceable letters in `strength` of the words."""
    return rewrite(text, chance, strength, lambda word, chance: substitute(word, table, chance, share))
