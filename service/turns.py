"""Turns: texts that are read after the turn of a conversation before them.

The turn goes to the model that scores, and nowhere else. Known content is compared by what a text says, not by what it
answers, so where banks compare embeddings a text with a turn is read a second time, alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.ticket import Outcome, Scored


@dataclass(frozen=True, slots=True)
class Turns:
    """The texts of a ticket, with those that are read a second time at the end.

    Attributes:
        texts: in order, then the second readings.
        previous: the turn before each; empty when no text has one.
        again: which texts the second readings are of.

    """

    texts: Sequence[str]
    previous: Sequence[str | None]
    again: tuple[int, ...] = ()

    def outcomes(self, outcomes: Sequence[Outcome | None]) -> Sequence[Outcome | None]:
        """One outcome a text: its scores after the turn, and its embeddings alone; a failure of either is its own."""
        if not self.again:
            return outcomes
        n_texts = len(self.texts) - len(self.again)
        found = list(outcomes[:n_texts])
        for index, alone in zip(self.again, outcomes[n_texts:], strict=True):
            after = found[index]
            if isinstance(after, Scored):
                found[index] = _with_embeddings(after, alone) if isinstance(alone, Scored) else alone
        return found


def read_turns(texts: Sequence[str], previous: Sequence[str | None], *, reads: bool, embeds: bool) -> Turns:
    """What goes to the model.

    Args:
        texts: of a request.
        previous: the turn before each; may be empty.
        reads: the model was trained with such turns; to any other they are not shown.
        embeds: embeddings are compared.

    """
    if not reads or not any(previous):
        return Turns(texts, ())
    again = tuple(index for index, turn in enumerate(previous) if turn) if embeds else ()
    return Turns([*texts, *(texts[index] for index in again)], [*previous, *(None for _ in again)], again)


def _with_embeddings(after: Scored, alone: Scored) -> Scored:
    return Scored(after.probs, after.text, after.features, alone.embedding, alone.vector, after.is_cached)
