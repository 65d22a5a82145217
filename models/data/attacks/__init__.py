"""Attacks: how people write so that filters do not read it.

Small pure functions `(text, chance) -> text`, one module a family. Every family has two tables: one that training
augments with, and one that the benchmark measures with and training never sees (other substitutes, other separators,
other pictures, more of the words). They are written from what people do, and not from what Weir's own reading of
disguises undoes, so that the benchmark says something about the next attacker as well.
"""

from models.data.attacks.augmentation import augment
from models.data.attacks.catalogue import (
    BENCHMARK_ATTACKS,
    BENCHMARK_PAIRS,
    TRAINING_ATTACKS,
    Attack,
    UnknownAttackError,
    attack,
)

__all__ = [
    "BENCHMARK_ATTACKS",
    "BENCHMARK_PAIRS",
    "TRAINING_ATTACKS",
    "Attack",
    "UnknownAttackError",
    "attack",
    "augment",
]
