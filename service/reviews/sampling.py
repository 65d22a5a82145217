"""Sampling: a random share of all decisions goes to reviewers, whatever became of them, so that prevalence is known.

Every decision has the same chance, and nothing else decides: not its scores, its action, its tenant or its time. So
what people find in the sample holds for all decisions (`docs/loop.md`). The chance is kept with each item, because
whoever estimates from it needs the one that held at the time.

Source: Horvitz & Thompson (1952), "A generalization of sampling without replacement from a finite universe".
"""

import hashlib
from dataclasses import dataclass
from typing import Final

KEY_PURPOSE: Final = "review-sample"
"""What the deployment's key is used for here, so that no other draw by it is the same."""
_BYTES: Final = 7
_ALL: Final = float(2 ** (8 * _BYTES))


@dataclass(frozen=True, slots=True)
class ReviewSample:
    """Which decisions are drawn.

    Attributes:
        share: of all decisions, in [0, 1].
        key: secret of the deployment, at most 64 bytes: without it nobody can tell which ids are drawn.

    """

    share: float
    key: bytes = b""

    def takes(self, decision_id: str) -> bool:
        """Whether it is drawn: the same answer in every worker, and a larger share has all of a smaller one."""
        if self.share <= 0.0:
            return False
        drawn = hashlib.blake2b(decision_id.encode(), digest_size=_BYTES, key=self.key, person=b"weir-sample")
        return int.from_bytes(drawn.digest()) / _ALL < self.share


NO_SAMPLE: Final = ReviewSample(0.0)
