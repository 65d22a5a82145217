"""The batcher: nothing lost, nothing mixed up, nobody spoiled, nobody starved."""

import asyncio
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts import FailureCode
from service.batcher import TURN_CHARS, TURN_WINDOWS, Batcher
from service.errors import RequestError
from service.ticket import Outcome, Scored, Ticket
from tests.service.hashing import WINDOW, HashingScorer


class Silent:
    def turn_began(self, waits_s: Sequence[float]) -> None: ...
    def texts_prepared(self, n_texts: int, seconds: float) -> None: ...
    def batch_inferred(self, n_windows: int, seconds: float) -> None: ...


def batcher(scorer: HashingScorer | None = None, max_items: int = 10_000, max_batch_tokens: int = 64) -> Batcher:
    return Batcher(scorer or HashingScorer(), Silent(), max_items, 10_000_000, max_batch_tokens)


def run(requests: Sequence[Sequence[str]], under_test: Batcher | None = None) -> list[list[Outcome | None]]:
    """Submit all requests at once; their outcomes in the order of the requests."""
    return asyncio.run(_run(requests, under_test or batcher()))


async def _run(requests: Sequence[Sequence[str]], under_test: Batcher) -> list[list[Outcome | None]]:
    done: list[Ticket] = []
    now = time.perf_counter()
    tickets = [Ticket(texts, now, now + 60, done.append) for texts in requests]
    for ticket in tickets:
        under_test.submit(ticket)
    await under_test.drain()
    assert sorted(map(id, done)) == sorted(map(id, tickets)), "every ticket is told once"
    return [ticket.outcomes for ticket in tickets]


def probs(outcome: Outcome | None) -> list[float]:
    assert isinstance(outcome, Scored)
    return outcome.probs


words = st.sampled_from(["you", "are", "an", "idiot", "lovely", "people", "never", "listen", "🙂", "42"])
texts = st.lists(words, min_size=1, max_size=3 * WINDOW).map(" ".join)
requests = st.lists(st.lists(texts, min_size=1, max_size=6), min_size=1, max_size=8)


@given(requests)
@settings(max_examples=60, deadline=None)
def test_a_score_in_a_batch_is_the_score_alone(posted: list[list[str]]) -> None:
    scorer = HashingScorer()
    got = run(posted, batcher(scorer))
    assert [[probs(outcome) for outcome in outcomes] for outcomes in got] == [
        [scorer.score(text) for text in request] for request in posted
    ]


@given(requests, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_requests_does_not_matter(posted: list[list[str]], random: object) -> None:
    order = list(range(len(posted)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight = run(posted)
    shuffled = run([posted[index] for index in order])
    assert [[probs(o) for o in straight[index]] for index in order] == [[probs(o) for o in row] for row in shuffled]


@given(requests, st.integers(1, 200))
@settings(max_examples=30, deadline=None)
def test_the_token_cap_does_not_change_scores(posted: list[list[str]], cap: int) -> None:
    capped, open_ = run(posted, batcher(max_batch_tokens=cap)), run(posted, batcher(max_batch_tokens=10_000))
    assert [[probs(o) for o in row] for row in capped] == [[probs(o) for o in row] for row in open_]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("brokentokens", FailureCode.INTERNAL),
        ("brokenmodel", FailureCode.INTERNAL),
        ("notanumber", FailureCode.UNSCORABLE),
        ("\u200b", FailureCode.EMPTY_CONTENT),
    ],
)
def test_a_bad_text_fails_alone(bad: str, code: FailureCode) -> None:
    (first, other) = run([["you lovely people", bad, "you idiot"], ["never listen"]])
    scorer = HashingScorer()
    assert first[1] is code
    assert [probs(first[0]), probs(first[2]), probs(other[0])] == [
        scorer.score("you lovely people"),
        scorer.score("you idiot"),
        scorer.score("never listen"),
    ]


def test_one_bad_window_fails_the_whole_long_text() -> None:
    long = " ".join(["people"] * 3 * WINDOW + ["notanumber"] + ["people"] * 3 * WINDOW)
    assert run([[long, "you"]])[0][0] is FailureCode.UNSCORABLE


def test_faults_are_logged_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    run([["brokentokens secretmarker"], ["brokenmodel secretmarker"]])
    assert len(caplog.records) == 2
    assert "secretmarker" not in caplog.text
    assert "quotes" not in caplog.text


def test_the_worst_part_of_a_long_text_decides() -> None:
    long = " ".join(["lovely"] * 5 * WINDOW + ["idiot"] + ["lovely"] * (WINDOW - 1) + ["lovely"] * 5 * WINDOW)
    assert probs(run([[long]])[0][0])[0] > probs(run([["lovely " * 8]])[0][0])[0]


def test_what_queues_while_the_model_runs_goes_together() -> None:
    scorer = HashingScorer()
    run([["you are lovely"] for _ in range(20)], batcher(scorer, max_batch_tokens=1_000))
    assert scorer.batches == [20]


def test_a_huge_request_does_not_keep_a_small_one_waiting() -> None:
    async def scenario() -> list[str]:
        order: list[str] = []
        under_test = batcher(max_batch_tokens=WINDOW)
        now = time.perf_counter()
        huge = ["people " * (4 * TURN_WINDOWS * WINDOW)]
        under_test.submit(Ticket(huge, now, now + 60, lambda _: order.append("huge")))
        await asyncio.sleep(0)
        under_test.submit(Ticket(["you"], now, now + 60, lambda _: order.append("small")))
        await under_test.drain()
        return order

    assert asyncio.run(scenario()) == ["small", "huge"]


def test_a_full_queue_refuses_and_recovers() -> None:
    async def scenario() -> tuple[int, int]:
        under_test = batcher(max_items=3)
        now = time.perf_counter()
        under_test.submit(Ticket(["you", "are"], now, now + 60, lambda _: None))
        with pytest.raises(RequestError) as refused:
            under_test.submit(Ticket(["an", "idiot"], now, now + 60, lambda _: None))
        await under_test.drain()
        under_test.submit(Ticket(["an", "idiot"], now, now + 60, lambda _: None))
        await under_test.drain()
        return refused.value.status, under_test.n_items

    assert asyncio.run(scenario()) == (429, 0)


def test_a_request_larger_than_the_queue_is_taken_when_nothing_else_waits() -> None:
    assert len(run([["you"] * 5], batcher(max_items=3))[0]) == 5


def test_a_late_request_fails_with_its_deadline() -> None:
    async def scenario() -> list[Outcome | None]:
        under_test = batcher()
        now = time.perf_counter()
        ticket = Ticket(["you", "are"], now - 2, now - 1, lambda _: None)
        under_test.submit(ticket)
        await under_test.drain()
        return ticket.outcomes

    assert asyncio.run(scenario()) == [FailureCode.DEADLINE_EXCEEDED] * 2


def test_an_abandoned_request_leaves_the_queue_unscored() -> None:
    async def scenario() -> tuple[list[str], list[int], int]:
        told: list[str] = []
        scorer = HashingScorer()
        under_test = batcher(scorer)
        now = time.perf_counter()
        under_test.submit(Ticket(["you"], now, now + 60, lambda _: told.append("gone"), lambda: True))
        under_test.submit(Ticket(["are"], now, now + 60, lambda _: told.append("here"), lambda: False))
        await under_test.drain()
        return told, scorer.batches, under_test.n_items

    assert asyncio.run(scenario()) == (["here"], [1], 0)


def test_a_listener_that_breaks_does_not_stop_the_others() -> None:
    async def scenario() -> list[str]:
        told: list[str] = []

        def broken(_: Ticket) -> None:
            raise RuntimeError("secretmarker")

        under_test = batcher()
        now = time.perf_counter()
        under_test.submit(Ticket(["you"], now, now + 60, broken))
        under_test.submit(Ticket(["are"], now, now + 60, lambda _: told.append("told")))
        await under_test.drain()
        return told

    assert asyncio.run(scenario()) == ["told"]


def test_a_turn_counts_what_was_said_before_its_texts() -> None:
    prepared: list[int] = []

    class Counting(Silent):
        def texts_prepared(self, n_texts: int, seconds: float) -> None:
            prepared.append(n_texts)

    async def read() -> None:
        now = time.perf_counter()
        under_test = Batcher(HashingScorer(), Counting(), 10_000, 10_000_000, 64)
        long = "so " * (TURN_CHARS // 4)
        under_test.submit(Ticket(["no"] * 4, now, now + 60, lambda _: None, previous=[long, long, None, None]))
        await under_test.drain()

    asyncio.run(read())
    assert prepared == [1, 3]
