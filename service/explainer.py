"""The explainer: says which words carried the scores of a text, beside the loop that scores and answers.

Evidence is asked for seldom and costs more than a score, so it has a thread of its own and a bounded queue: nobody's
score waits for it. What finds no room or no time is answered as missed; the decision stands either way.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

from models.contracts import Category, SpanState, TextSpan
from service.faults import describe

MAX_WAITING_CHARS: Final = 200_000
"""Characters of texts that wait for evidence in one worker; a few seconds of work. A single longer text goes alone."""

logger = logging.getLogger("bentoml.weir.explainer")


class SpanFinder(Protocol):
    """A text model as the explainer sees it."""

    def __call__(self, raw: str, categories: Collection[Category]) -> Sequence[TextSpan]:
        """The words of a text as posted that carry the scores of these categories. Called from a thread."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """A text as posted, and the categories whose scores are to be explained."""

    text: str
    categories: frozenset[Category]


@dataclass(frozen=True, slots=True)
class Explained:
    """What became of a question. Positions only: it holds nothing of the text."""

    state: SpanState
    spans: tuple[TextSpan, ...] = ()


OnExplained = Callable[[list[Explained]], None]


class Explainer:
    """Answers questions in one thread, in the order in which they came. Lives in one event loop."""

    def __init__(self, find: SpanFinder | None, max_chars: int = MAX_WAITING_CHARS) -> None:
        self._find = find
        self._max_chars = max_chars
        self._n_chars = 0
        self._thread: ThreadPoolExecutor | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def explain(self, questions: Sequence[Question], deadline: float, on_explained: OnExplained) -> None:
        """Answer the questions of one request.

        Args:
            questions: texts that were decided.
            deadline: on the clock of `time.perf_counter`; what has not begun by then is missed.
            on_explained: called once with one answer a question, at once where there is nothing to do.

        """
        n_chars = sum(len(question.text) for question in questions if question.categories)
        if self._find is None:
            on_explained([Explained(SpanState.UNSUPPORTED) for _ in questions])
        elif not n_chars:
            on_explained([Explained(SpanState.FOUND) for _ in questions])
        elif self._n_chars and self._n_chars + n_chars > self._max_chars:
            on_explained([Explained(SpanState.MISSED) for _ in questions])
        else:
            self._n_chars += n_chars
            work = self._answer(self._find, questions, deadline, n_chars, on_explained)
            task = asyncio.get_running_loop().create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait until every question has its answer, and let the thread go."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    async def _answer(
        self,
        find: SpanFinder,
        questions: Sequence[Question],
        deadline: float,
        n_chars: int,
        on_explained: OnExplained,
    ) -> None:
        self._thread = self._thread or ThreadPoolExecutor(1, "weir-explainer")
        loop = asyncio.get_running_loop()
        try:
            answers = [await loop.run_in_executor(self._thread, answer, find, one, deadline) for one in questions]
        finally:
            self._n_chars -= n_chars
        try:
            on_explained(answers)
        except Exception as error:  # noqa: BLE001 - an error that nobody takes would be printed with what it quotes
            logger.error("answering a request failed: %s", describe(error))  # noqa: TRY400 - see above


def answer(find: SpanFinder, question: Question, deadline: float) -> Explained:
    """Answer one question, in whatever thread."""
    if not question.categories or not question.text:
        return Explained(SpanState.FOUND)
    if time.perf_counter() > deadline:
        return Explained(SpanState.MISSED)
    try:
        return Explained(SpanState.FOUND, tuple(find(question.text, question.categories)))
    except Exception as error:  # noqa: BLE001 - a decision is answered, whatever its explanation runs into
        logger.error("evidence failed: %s", describe(error))  # noqa: TRY400 - a traceback could quote the content
        return Explained(SpanState.MISSED)
