"""The flood guard: an item that suddenly matches everything is a mistake, and is stopped before it acts on everybody.

One bad hash (a blank frame, a popular template, a common phrase) that is imported into a bank would otherwise act on a
good part of the traffic within seconds. The guard sees the last inputs that were looked up. It only counts; who calls
it quarantines the item. An item that matches by exact digest alone can never flood: its digest is always the same.
"""

import threading
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """When an item floods: all three are exceeded or reached.

    Attributes:
        window: so many of the last inputs are seen, in one worker.
        max_share: of them that one item may match.
        min_matches: fewer matches than this never flood.
        min_digests: nor do matches of fewer different inputs; one picture posted a thousand times is not a flood.

    """

    window: int = 1_000
    max_share: float = 0.05
    min_matches: int = 50
    min_digests: int = 20


@dataclass(frozen=True, slots=True)
class Flood:
    """An item that floods."""

    key: int
    n_matches: int
    n_digests: int
    n_inputs: int

    @property
    def reason(self) -> str:
        """For people."""
        of = f"{self.n_matches} of the last {self.n_inputs} inputs of a worker"
        return f"it matched {of}, {self.n_digests} of them different"


class FloodGuard:
    """Counts the matches of every item among the last inputs. Safe to call from several threads."""

    def __init__(self, limits: FloodLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._inputs: deque[tuple[str, tuple[int, ...]]] = deque()
        self._digests: dict[int, Counter[str]] = {}
        self._n_matches: Counter[int] = Counter()

    def saw(self, digest: str, keys: Sequence[int]) -> list[Flood]:
        """Count one input; returns the items that flood now. `forget` them, or they are returned again."""
        with self._lock:
            self._inputs.append((digest if keys else "", tuple(keys)))
            for key in keys:
                self._n_matches[key] += 1
                self._digests.setdefault(key, Counter())[digest] += 1
            if len(self._inputs) > self._limits.window:
                self._drop_oldest()
            return [flood for key in keys if (flood := self._flood(key)) is not None]

    def forget(self, keys: Iterable[int]) -> None:
        """Start over with some items, as after a release."""
        with self._lock:
            for key in keys:
                self._digests.pop(key, None)
                self._n_matches.pop(key, None)

    def _drop_oldest(self) -> None:
        digest, keys = self._inputs.popleft()
        for key in keys:
            digests = self._digests.get(key)
            if digests is None or digest not in digests:  # forgotten since
                continue
            self._n_matches[key] -= 1
            digests[digest] -= 1
            if digests[digest] == 0:
                del digests[digest]
            if not digests:
                del self._digests[key], self._n_matches[key]

    def _flood(self, key: int) -> Flood | None:
        limits, n_matches, n_inputs = self._limits, self._n_matches[key], len(self._inputs)
        n_digests = len(self._digests.get(key, ()))
        if n_matches < limits.min_matches or n_digests < limits.min_digests or n_matches <= limits.max_share * n_inputs:
            return None
        return Flood(key, n_matches, n_digests, n_inputs)
