"""Tickets: one request's texts on their way through the batcher."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from models.contracts import FailureCode, TextFeatures
from service.scorer import Floats, Prepared, Window
from service.telemetry.passage import CURRENT, Trace


class Scored:
    """One text's scores.

    Attributes:
        probs: calibrated probabilities in the order of the scorer's labels, rounded to 6 decimals.
        text: the normalised text, for its digest.
        features: what monitoring may know of the text.
        embedding: the sentence vector, *Shape:* (size,), where the ticket asked for it.
        vector: the same projected, for monitoring; None where the model has no embeddings.
        is_cached: the scores were made for another posting of this text: held from an earlier request, or awaited
            together with one.

    """

    __slots__ = ("embedding", "features", "is_cached", "probs", "text", "vector")

    def __init__(
        self,
        probs: list[float],
        text: str,
        features: TextFeatures,
        embedding: Floats | None = None,
        vector: bytes | None = None,
        is_cached: bool = False,  # noqa: FBT001, FBT002 - one is made for every text
    ) -> None:
        self.probs = probs
        self.text = text
        self.features = features
        self.embedding = embedding
        self.vector = vector
        self.is_cached = is_cached

    def again(self, altered_share: float) -> "Scored":
        """The same for another posting of this text, which may have been disguised in another way."""
        features = self.features
        if altered_share != features.altered_share:
            features = features.model_copy(update={"altered_share": altered_share})
        return Scored(self.probs, self.text, features, self.embedding, self.vector, is_cached=True)


Outcome = Scored | FailureCode
"""What every text gets."""


class Row:
    """One prepared text of a ticket, until all of its windows have been through the model."""

    __slots__ = ("embedding", "index", "logits", "n_windows", "prepared", "ticket", "windows_left")

    def __init__(self, ticket: "Ticket", index: int, prepared: Prepared) -> None:
        self.ticket = ticket
        self.index = index
        self.prepared = prepared
        self.n_windows = len(prepared.windows)
        self.windows_left = self.n_windows
        self.logits: Floats | None = None
        self.embedding: Floats | None = None

    def add_embedding(self, vector: Floats) -> None:
        """Take one window's part of the text's embedding, which is the mean of its windows."""
        part = vector / np.float32(self.n_windows)
        self.embedding = part if self.embedding is None else self.embedding + part


class Ticket:
    """One request's texts, its deadline and whom to tell.

    Attributes:
        texts: valid Unicode, any number of them.
        outcomes: one entry a text, complete when `on_done` is called.
        deadline: on the clock of `time.perf_counter`, seconds.
        submitted: the same clock.
        with_embeddings: the outcomes carry sentence vectors.
        passage: of the request that made it; None outside of one.
        is_background: nobody waits for it, so it does not count where room is short.
        previous: the turn before each text; empty when no text has one. A text that is read after its turn has neither
            an embedding nor a vector, which would be of both.

    """

    __slots__ = (
        "deadline",
        "is_abandoned",
        "is_background",
        "n_open",
        "n_prepared",
        "on_done",
        "outcomes",
        "passage",
        "previous",
        "submitted",
        "texts",
        "windows",
        "with_embeddings",
    )

    def __init__(
        self,
        texts: Sequence[str],
        submitted: float,
        deadline: float,
        on_done: Callable[["Ticket"], None],
        is_abandoned: Callable[[], bool] | None = None,
        with_embeddings: bool = False,  # noqa: FBT001, FBT002 - a ticket is made once a request
        is_background: bool = False,  # noqa: FBT001, FBT002
        previous: Sequence[str | None] = (),
    ) -> None:
        self.texts: Final = texts
        self.submitted: Final = submitted
        self.deadline: Final = deadline
        self.on_done: Final = on_done
        self.is_abandoned = is_abandoned
        self.with_embeddings: Final = with_embeddings
        self.is_background: Final = is_background
        self.previous: Final = previous
        self.passage = CURRENT.get()
        self.outcomes: list[Outcome | None] = [None] * len(texts)
        self.n_open = len(texts)
        self.n_prepared = 0
        self.windows: deque[tuple[Row, Window]] = deque()

    @property
    def trace(self) -> Trace | None:
        """That of its request; None when it is not traced."""
        return None if self.passage is None else self.passage.trace

    @property
    def n_chars(self) -> int:
        """Characters of its texts, and of the turns before them."""
        return sum(map(len, self.texts)) + sum(len(turn or "") for turn in self.previous)

    def turn(self, index: int) -> str | None:
        """The turn before text `index`."""
        return self.previous[index] if self.previous else None

    def settle(self, index: int, outcome: Outcome) -> bool:
        """Give text `index` its outcome, once; True when that was the last one."""
        if self.outcomes[index] is None:
            self.outcomes[index] = outcome
            self.n_open -= 1
            return self.n_open == 0
        return False

    def fail(self, code: FailureCode) -> None:
        """Give the same failure to every text that has no outcome yet."""
        self.outcomes = [code if outcome is None else outcome for outcome in self.outcomes]
        self.n_open = 0
        self.windows.clear()
