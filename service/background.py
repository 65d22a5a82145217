"""Background: what a worker does beside answering requests, such as reloading, purging or delivering."""

from typing import Protocol


class Background(Protocol):
    """Something with a thread of its own."""

    def close(self) -> None:
        """Stop, and wait until it has."""
        ...
