"""The loads: how many texts a request carries and how many requests are in flight."""

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.bench.corpus import groups, stream

N_SINGLE_REQUESTS = 2048
N_LIST_REQUESTS = 256


@dataclass(frozen=True)
class Scenario:
    """One kind of load.

    Attributes:
        name: key in results and on the command line.
        title: heading in tables.
        texts_per_request: 1 sends the text itself, more sends a list.
        concurrency: requests in flight, one a connection.
        stretch: how much longer its window is than others: few large requests need more time for a steady rate.

    """

    name: str
    title: str
    texts_per_request: int
    concurrency: int
    stretch: float = 1.0

    def requests(self, texts: Sequence[str]) -> list[list[str]]:
        """The texts of each request in the order they are sent, the same for every system."""
        count = N_SINGLE_REQUESTS if self.texts_per_request == 1 else N_LIST_REQUESTS
        return groups(stream(texts, count * self.texts_per_request), self.texts_per_request)

    def raw_batch_size(self, n_workers: int) -> int:
        """Texts in one batch of the raw limit: what a worker can have at hand when requests spread evenly."""
        if self.texts_per_request > 1:
            return self.texts_per_request
        return max(1, self.concurrency // n_workers)

    def raw_workers(self, n_workers: int) -> int:
        """Raw sessions that can be busy at once: no more than there are requests in flight."""
        return min(n_workers, self.concurrency)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("single_c1", "1 text, 1 at a time", 1, 1),
    Scenario("single_c16", "1 text, 16 at a time", 1, 16),
    Scenario("single_c64", "1 text, 64 at a time", 1, 64),
    Scenario("batch32", "32 texts, 8 at a time", 32, 8, stretch=1.6),
)
