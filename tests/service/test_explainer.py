import asyncio
import logging
import threading
import time
from collections.abc import Collection, Sequence

import pytest

from models.contracts import Category, SpanState, TextSpan
from service.explainer import Explained, Explainer, Question
from tests.service.hashing import find_idiots

HATE = frozenset({Category.HATE})
LATER = float("inf")


def explain(explainer: Explainer, questions: Sequence[Question], deadline: float = LATER) -> list[Explained]:
    async def run() -> list[Explained]:
        answers: list[list[Explained]] = []
        explainer.explain(questions, deadline, answers.append)
        await explainer.drain()
        (answer,) = answers
        return answer

    return asyncio.run(run())


def test_every_question_gets_its_answer_in_order() -> None:
    answers = explain(
        Explainer(find_idiots), [Question("an idiot", HATE), Question("hm", HATE), Question("idiot", HATE)]
    )
    assert [[(span.start, span.end) for span in one.spans] for one in answers] == [[(3, 8)], [], [(0, 5)]]
    assert {one.state for one in answers} == {SpanState.FOUND}


def test_a_model_that_cannot_say_it_says_so() -> None:
    assert explain(Explainer(None), [Question("idiot", HATE)]) == [Explained(SpanState.UNSUPPORTED)]


def test_nothing_is_asked_of_texts_without_a_high_score() -> None:
    def never(raw: str, categories: Collection[Category]) -> Sequence[TextSpan]:
        raise AssertionError

    assert explain(Explainer(never), [Question("idiot", frozenset())]) == [Explained(SpanState.FOUND)]


def test_what_has_not_begun_by_the_deadline_is_missed() -> None:
    assert explain(Explainer(find_idiots), [Question("idiot", HATE)], time.perf_counter() - 1) == [
        Explained(SpanState.MISSED)
    ]


def test_an_error_is_that_questions_own_and_is_logged_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answers = explain(Explainer(find_idiots), [Question("notexplained", HATE), Question("idiot", HATE)])
    assert [one.state for one in answers] == [SpanState.MISSED, SpanState.FOUND]
    assert "notexplained" not in caplog.text
    assert "ValueError" in caplog.text


def test_an_answer_that_cannot_be_written_is_logged_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(_: list[Explained]) -> None:
        raise ValueError("private words")

    async def run() -> None:
        explainer = Explainer(find_idiots)
        explainer.explain([Question("idiot", HATE)], LATER, refuse)
        await explainer.drain()

    with caplog.at_level(logging.ERROR):
        asyncio.run(run())
    assert "private words" not in caplog.text
    assert "answering a request failed" in caplog.text


def test_beyond_what_may_wait_questions_are_missed_at_once_and_the_loop_goes_on() -> None:
    release = threading.Event()

    def slow(raw: str, categories: Collection[Category]) -> Sequence[TextSpan]:
        release.wait(10)
        return find_idiots(raw, categories)

    async def run() -> list[SpanState]:
        states: list[SpanState] = []
        explainer = Explainer(slow, max_chars=8)
        explainer.explain([Question("an idiot too long", HATE)], LATER, lambda found: states.append(found[0].state))
        await asyncio.sleep(0)
        explainer.explain([Question("idiot", HATE)], LATER, lambda found: states.append(found[0].state))
        assert states == [SpanState.MISSED]
        release.set()
        await explainer.drain()
        return states

    assert asyncio.run(run()) == [SpanState.MISSED, SpanState.FOUND]
