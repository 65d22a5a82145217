"""The cache before the batcher: the same answers as without, less work, and everybody keeps their own deadline."""

import asyncio
import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts import FailureCode
from models.runtime.normalization import normalize
from service.batcher import TURN_CHARS, Batcher
from service.caching.memory import Memory
from service.caching.naming import Names
from service.caching.shared import SharedScores
from service.caching.texts import CachedTexts
from service.errors import RequestError
from service.ticket import Outcome, Scored, Ticket
from tests.service.hashing import WINDOW, HashingScorer
from tests.service.test_batcher import Silent


class Counting:
    """Hears what the cache says of every text."""

    def __init__(self) -> None:
        self.hits = self.misses = self.coalesced = self.errors = self.entries = self.bytes = 0

    def cache_looked_up(self, n_hits: int, n_misses: int, n_coalesced: int, n_errors: int) -> None:
        self.hits += n_hits
        self.misses += n_misses
        self.coalesced += n_coalesced
        self.errors += n_errors

    def cache_holds(self, n_entries: int, n_bytes: int) -> None:
        self.entries, self.bytes = n_entries, n_bytes


class Bench:
    """A cache over a batcher over a small real model, and all that a test wants to see of them."""

    def __init__(self, max_items: int = 10_000, entries: int = 1_000, shared: SharedScores | None = None) -> None:
        self.scorer, self.seen = HashingScorer(), Counting()
        self.policy = "v1"
        self.memory = Memory[bytes](entries, 1_000_000, len)
        self.batcher = Batcher(self.scorer, Silent(), max_items, 10_000_000, 1_000)
        names = Names(b"s" * 32, "bundle", lambda: self.policy)
        self.texts = CachedTexts(self.batcher, normalize, names, self.memory, shared, self.seen, max_items)
        self.told: list[Ticket] = []

    def ticket(
        self,
        *texts: str,
        seconds: float = 60.0,
        is_abandoned: Callable[[], bool] | None = None,
        with_embeddings: bool = False,
    ) -> Ticket:
        now = time.perf_counter()
        return Ticket(texts, now, now + seconds, self.told.append, is_abandoned, with_embeddings)

    def submit(self, *texts: str) -> Ticket:
        ticket = self.ticket(*texts)
        self.texts.submit(ticket)
        return ticket

    @property
    def n_scored(self) -> int:
        return sum(self.scorer.batches)


def plain(outcomes: Sequence[Outcome | None]) -> list[object]:
    """All that is said of texts, in values that can be compared."""
    return [
        (o.probs, o.text, o.features, None if o.embedding is None else o.embedding.tolist())
        if isinstance(o, Scored)
        else o
        for o in outcomes
    ]


words = st.sampled_from(
    ["you", "idiot", "id\u200biot", "lovely", "🙂", "&amp;", "brokentokens", "brokenmodel", "notanumber", "\u200b"]
)
texts = st.lists(words, max_size=WINDOW + 2).map(" ".join)
requests = st.lists(st.tuples(st.lists(texts, min_size=1, max_size=5), st.booleans()), min_size=1, max_size=12)


@given(requests, st.integers(1, 6), st.integers(1, 4))
@settings(max_examples=80, deadline=None)
def test_answers_are_the_same_with_and_without(
    posted: list[tuple[list[str], bool]], n_entries: int, at_once: int
) -> None:
    async def run(*, cached: bool) -> list[list[object]]:
        bench = Bench(entries=n_entries)
        under_test = bench.texts if cached else bench.batcher
        tickets = [bench.ticket(*texts, with_embeddings=embeds) for texts, embeds in posted]
        for start in range(0, len(tickets), at_once):
            for ticket in tickets[start : start + at_once]:
                under_test.submit(ticket)
            await under_test.drain()
        assert sorted(map(id, bench.told)) == sorted(map(id, tickets)), "every ticket is told once"
        assert bench.texts.n_items == 0
        return [plain(ticket.outcomes) for ticket in tickets]

    assert asyncio.run(run(cached=True)) == asyncio.run(run(cached=False))


def cached(*waves: Sequence[str]) -> list[list[bool]]:
    """Which texts of waves of requests, one text each, count as cached."""

    async def scenario() -> list[list[bool]]:
        bench, found = Bench(), []
        for wave in waves:
            tickets = [bench.submit(text) for text in wave]
            await bench.texts.drain()
            found.append([isinstance(o, Scored) and o.is_cached for ticket in tickets for o in ticket.outcomes])
        return found

    return asyncio.run(scenario())


def test_a_text_counts_as_cached_when_it_is_held_or_awaited_with_another() -> None:
    assert cached(["you", "you", "lovely"], ["you"]) == [[False, True, False], [True]]


def test_a_text_twice_in_one_request_is_scored_once_and_counts_once_as_cached() -> None:
    async def scenario() -> list[bool]:
        bench = Bench()
        ticket = bench.submit("you", "you")
        await bench.texts.drain()
        return [isinstance(outcome, Scored) and outcome.is_cached for outcome in ticket.outcomes]

    assert asyncio.run(scenario()) == [False, True]


def test_how_a_text_was_disguised_is_said_of_each_posting_and_not_held() -> None:
    async def scenario() -> list[float]:
        bench, shares = Bench(), []
        for text in ("idiot", "id\u200biot", "idiot"):
            ticket = bench.submit(text)
            await bench.texts.drain()
            (outcome,) = ticket.outcomes
            assert isinstance(outcome, Scored)
            shares.append(outcome.features.altered_share)
        return shares

    assert asyncio.run(scenario()) == [0.0, 1 / 6, 0.0]


def test_a_hundred_identical_texts_at_once_are_scored_once() -> None:
    async def scenario() -> Bench:
        bench = Bench()
        for _ in range(100):
            bench.submit("you lovely idiot")
        await bench.texts.drain()
        return bench

    bench = asyncio.run(scenario())
    assert (bench.n_scored, len(bench.told)) == (1, 100)
    assert (bench.seen.misses, bench.seen.coalesced) == (1, 99)
    assert len({str(plain(ticket.outcomes)) for ticket in bench.told}) == 1


def test_duplicates_inside_one_request_are_scored_once() -> None:
    async def scenario() -> tuple[int, list[object]]:
        bench = Bench()
        ticket = bench.submit("you", "idiot", "you", "you")
        await bench.texts.drain()
        return bench.n_scored, plain(ticket.outcomes)

    n_scored, outcomes = asyncio.run(scenario())
    assert n_scored == 2
    assert outcomes[0] == outcomes[2] == outcomes[3] != outcomes[1]


def test_texts_that_normalise_to_the_same_share_an_entry() -> None:
    async def scenario() -> Bench:
        bench = Bench()
        for text in ("“you” &amp; idiot", '"you" & idiot', '"you"\u200b  & idiot '):
            bench.submit(text)
            await bench.texts.drain()
        return bench

    bench = asyncio.run(scenario())
    assert (bench.n_scored, bench.seen.hits, len(bench.memory)) == (1, 2, 1)


def test_what_is_held_is_answered_in_the_same_turn() -> None:
    async def scenario() -> int:
        bench = Bench()
        bench.submit("you")
        await bench.texts.drain()
        bench.told.clear()
        bench.submit("you")
        return len(bench.told)

    assert asyncio.run(scenario()) == 1


def test_another_policy_starts_from_nothing_and_the_first_one_finds_its_own_again() -> None:
    async def scenario() -> list[int]:
        bench = Bench()
        scored = []
        for policy in ("v1", "v2", "v2", "v1"):
            bench.policy = policy
            bench.submit("you")
            await bench.texts.drain()
            scored.append(bench.n_scored)
        return scored

    assert asyncio.run(scenario()) == [1, 2, 2, 2]


@pytest.mark.parametrize("bad", ["brokentokens", "brokenmodel", "notanumber", "\u200b", "\ud800"])
def test_failures_are_not_held(bad: str) -> None:
    async def scenario() -> tuple[list[Outcome | None], Bench]:
        bench = Bench()
        first = bench.submit(bad)
        await bench.texts.drain()
        second = bench.submit(bad)
        await bench.texts.drain()
        return first.outcomes + second.outcomes, bench

    outcomes, bench = asyncio.run(scenario())
    assert outcomes[0] is outcomes[1]
    assert isinstance(outcomes[0], FailureCode)
    assert (len(bench.memory), bench.seen.hits) == (0, 0)


def test_a_leader_that_goes_does_not_take_its_followers_with_it() -> None:
    async def scenario() -> tuple[list[Ticket], Ticket]:
        bench = Bench()
        bench.texts.submit(bench.ticket("you", is_abandoned=lambda: True))
        follower = bench.submit("you")
        await bench.texts.drain()
        return bench.told, follower

    told, follower = asyncio.run(scenario())
    assert told == [follower]
    assert isinstance(follower.outcomes[0], Scored)


def test_a_text_that_nobody_waits_for_any_more_is_not_scored_and_can_be_asked_again() -> None:
    async def scenario() -> tuple[int, int, list[Ticket]]:
        bench = Bench()
        bench.texts.submit(bench.ticket("you", is_abandoned=lambda: True))
        await bench.texts.drain()
        before = bench.n_scored
        bench.submit("you")
        await bench.texts.drain()
        return before, bench.texts.n_items, bench.told

    before, waiting, told = asyncio.run(scenario())
    assert (before, waiting, len(told)) == (0, 0, 1)


def test_a_follower_with_more_time_than_its_leader_is_still_scored() -> None:
    async def scenario() -> tuple[Ticket, Ticket]:
        bench = Bench()
        late = bench.ticket("you", seconds=0.01)
        bench.texts.submit(late)
        follower = bench.submit("you")
        time.sleep(0.02)  # the loop is busy, as it is while the model runs
        await bench.texts.drain()
        return late, follower

    late, follower = asyncio.run(scenario())
    assert late.outcomes == [FailureCode.DEADLINE_EXCEEDED]
    assert isinstance(follower.outcomes[0], Scored)


def test_a_follower_with_less_time_than_its_leader_waits_no_longer_than_that() -> None:
    async def scenario() -> tuple[list[Outcome | None], Ticket]:
        bench = Bench()
        leader = bench.ticket("people " * 4 * TURN_CHARS)
        bench.texts.submit(leader)
        follower = bench.ticket("people " * 4 * TURN_CHARS, seconds=0.001)
        bench.texts.submit(follower)
        await bench.texts.drain()
        return follower.outcomes, leader

    outcomes, leader = asyncio.run(scenario())
    assert outcomes == [FailureCode.DEADLINE_EXCEEDED]
    assert isinstance(leader.outcomes[0], Scored)


def test_a_follower_does_not_wait_for_the_other_texts_of_its_leader() -> None:
    async def scenario() -> tuple[Ticket, list[Ticket]]:
        bench = Bench()
        bench.submit("you", "people " * 2_000)
        follower = bench.submit("you")
        await bench.texts.drain()
        return follower, bench.told

    follower, told = asyncio.run(scenario())
    assert told[0] is follower


def test_a_full_queue_refuses_and_leaves_nothing_behind() -> None:
    async def scenario() -> tuple[int, int, int]:
        bench = Bench(max_items=3)
        bench.submit("you", "are")
        with pytest.raises(RequestError) as refused:
            bench.submit("an", "idiot")
        with pytest.raises(RequestError):
            bench.submit("you", "you")
        await bench.texts.drain()
        bench.submit("an", "idiot")
        await bench.texts.drain()
        return refused.value.status, len(bench.told), bench.texts.n_items

    assert asyncio.run(scenario()) == (429, 2, 0)


def test_a_long_list_is_answered_whole_and_its_duplicates_are_scored_once() -> None:
    async def scenario() -> tuple[int, Ticket, list[list[float]]]:
        bench = Bench()
        long = "lovely " * (TURN_CHARS // 14)
        ticket = bench.submit(long, "you", long, "idiot", long, "you")
        await bench.texts.drain()
        return len(bench.told), ticket, [bench.scorer.score(text) for text in ticket.texts]

    n_told, ticket, expected = asyncio.run(scenario())
    assert n_told == 1
    assert [outcome.probs for outcome in ticket.outcomes if isinstance(outcome, Scored)] == expected


def test_a_listener_that_breaks_does_not_stop_the_others() -> None:
    async def scenario() -> int:
        def broken(_: Ticket) -> None:
            raise RuntimeError("secretmarker")

        bench = Bench()
        now = time.perf_counter()
        bench.texts.submit(Ticket(["you"], now, now + 60, broken))
        bench.submit("you")
        await bench.texts.drain()
        return len(bench.told)

    assert asyncio.run(scenario()) == 1


def test_a_key_is_of_the_text_and_of_the_turn_before_it() -> None:
    names = Names(b"s" * 32, "bundle", lambda: "v1")
    pairs = [("ab", None), ("ab", "c"), ("abc", None), ("a", "bc"), ("ab", "d")]
    assert len({names.key(text, with_embedding=False, previous=turn) for text, turn in pairs}) == len(pairs)
    assert names.key("ab", with_embedding=False, previous="") == names.key("ab", with_embedding=False)


def test_an_embedding_is_never_kept_of_a_text_after_a_turn() -> None:
    async def work() -> None:
        bench = Bench()
        now = time.perf_counter()
        bench.texts.submit(Ticket(["a b"], now, now + 60, bench.told.append, None, True, previous=["c"]))
        await bench.texts.drain()
        (outcome,) = bench.told[0].outcomes
        assert isinstance(outcome, Scored)
        assert (outcome.embedding, outcome.vector) == (None, None)

    asyncio.run(work())
