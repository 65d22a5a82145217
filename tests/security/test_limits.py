"""Limits: what a key may ask in a time, counted for all workers together, and what one worker takes in hand."""

import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.access.buckets import N_ROWS, Buckets, _place, open_buckets
from service.access.keys import KeyDraft
from service.access.principal import OPEN, Principal
from service.access.rates import Rate
from service.access.seats import Seats
from service.access.store import KeyStore
from service.errors import RequestError
from tests.security.conftest import Guarded, Opened
from tests.service.conftest import asker

SECOND = 1_000_000_000
DECIDE = {"items": [{"text": "What a lovely day."}]}


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 10 * SECOND

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def buckets(tmp_path: Path, clock: Clock) -> Iterator[Buckets]:
    opened = open_buckets(tmp_path)
    opened._clock = clock
    yield opened
    opened.close()


def test_a_full_bucket_gives_what_it_holds_and_then_nothing(buckets: Buckets) -> None:
    levels = [buckets.take("a", Rate(3, 1)) for _ in range(4)]
    assert [level.remaining for level in levels] == [2, 1, 0, 0]
    assert [bool(level.retry_after_s) for level in levels] == [False, False, False, True]


def test_it_fills_evenly(buckets: Buckets, clock: Clock) -> None:
    for _ in range(3):
        buckets.take("a", Rate(3, 3))
    clock.now += SECOND
    assert buckets.take("a", Rate(3, 3)).retry_after_s == 0
    assert buckets.take("a", Rate(3, 3)).retry_after_s == pytest.approx(1.0)


def test_what_was_refused_takes_nothing(buckets: Buckets, clock: Clock) -> None:
    for _ in range(10):
        buckets.take("a", Rate(1, 1))
    clock.now += SECOND
    assert buckets.take("a", Rate(1, 1)).retry_after_s == 0


def test_names_do_not_share(buckets: Buckets) -> None:
    buckets.take("a", Rate(1, 1))
    assert buckets.take("b", Rate(1, 1)).retry_after_s == 0


def test_more_than_a_bucket_holds_waits_for_a_full_one(buckets: Buckets) -> None:
    assert buckets.take("a", Rate(10, 1), 1_000).retry_after_s == 0
    assert buckets.take("a", Rate(10, 1), 1_000).retry_after_s == pytest.approx(1.0)


def test_a_fifth_name_in_a_row_takes_the_place_of_the_one_that_loses_least(buckets: Buckets) -> None:
    row = _place("a")[0]
    same = [name for name in map(str, range(N_ROWS * 12)) if _place(name)[0] == row][:5]
    for index, name in enumerate(same[:4]):
        buckets.take(name, Rate(10, 1), index + 1)
    buckets.take(same[4], Rate(10, 1))
    assert [buckets.take(name, Rate(10, 1)).remaining for name in same[1:4]] == [7, 6, 5]


@given(st.integers(1, 50), st.sampled_from([1, 60, 3_600]), st.lists(st.integers(0, 5 * SECOND), max_size=60))
def test_no_window_ever_gives_more_than_twice_its_limit(limit: int, window_s: int, gaps: list[int]) -> None:
    """A bucket may be emptied at once and fills meanwhile: twice the limit is the bound of the algorithm."""
    clock, rate = Clock(), Rate(limit, window_s)
    with TemporaryDirectory() as folder:
        buckets = open_buckets(Path(folder))
        buckets._clock = clock
        taken: list[int] = []
        for gap in gaps:
            clock.now += gap
            taken += [clock.now for _ in range(limit + 1) if not buckets.take("a", rate).retry_after_s]
        buckets.close()
    for start in taken:
        assert sum(start <= at < start + window_s * SECOND for at in taken) <= 2 * limit


def _take_many(folder: str, n: int) -> int:
    buckets = open_buckets(Path(folder))
    n_taken = sum(not buckets.take("shared", Rate(1_000, 3_600)).retry_after_s for _ in range(n))
    buckets.close()
    return n_taken


def test_workers_take_from_one_bucket(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        taken = pool.starmap(_take_many, [(str(tmp_path), 600)] * 3)
    assert sum(taken) == 1_000


@pytest.mark.parametrize("text", ["", "0/s", "10", "10/d", "-1/s", "1.5/s", "10/s ", " 10/s", "10/S", "١/s", "1e3/s"])
def test_what_is_not_a_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a rate is"):
        Rate.read(text)


def test_an_answer_says_how_much_is_left(guarded: Guarded) -> None:
    token = guarded.make(rate="5/h")
    answer = guarded.ask()("POST", "/v1/decisions", json=DECIDE, headers={"x-api-key": token})
    assert answer.headers["ratelimit-policy"] == '"key";q=5;w=3600'
    assert answer.headers["ratelimit"].startswith('"key";r=4;t=')
    assert answer.headers["x-ratelimit-limit-requests"] == "5"
    assert answer.headers["x-ratelimit-remaining-requests"] == "4"
    assert answer.headers["x-ratelimit-reset-requests"].endswith("s")


@pytest.mark.parametrize("way", ["asgi", "socket"])
def test_too_many_requests_are_429_with_the_time_to_wait(guarded: Guarded, way: str) -> None:
    token, ask = guarded.make(rate="2/h"), guarded.ask(way)
    answers = [ask("POST", "/v1/decisions", json=DECIDE, headers={"x-api-key": token}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["code"] == "rate_limit_exceeded"
    assert answers[2].json()["error"]["type"] == "rate_limit_error"
    assert 1 <= int(answers[2].headers["retry-after"]) <= 1_801
    assert answers[2].headers["x-ratelimit-remaining-requests"] == "0"


def test_management_routes_count_too(guarded: Guarded) -> None:
    token, ask = guarded.make(rate="1/h", scopes=["admin"]), guarded.ask()
    answers = [ask("GET", "/v1/keys", headers={"x-api-key": token}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[0].headers["x-ratelimit-remaining-requests"] == "0"


def test_items_have_a_limit_of_their_own(guarded: Guarded) -> None:
    token, ask = guarded.make(item_rate="10/h"), guarded.ask()
    sizes = [6, 4, 1]
    answers = [
        ask("POST", "/v1/decisions", json={"items": DECIDE["items"] * n}, headers={"x-api-key": token}) for n in sizes
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_the_keys_of_a_tenant_share_its_limit(opened: Opened) -> None:
    engine, product, ring = opened(tenant_rate="2/h")
    store = KeyStore(engine.database)
    tokens = [
        store.create(KeyDraft(name="x", scopes=("decide",), tenant=tenant), "test").token for tenant in ("a", "a", "b")
    ]
    ring.poll()
    ask = asker("asgi", product)
    first, second, other = tokens
    asked = [first, second, first, other]
    found = [ask("POST", "/v1/decisions", json=DECIDE, headers={"x-api-key": token}).status_code for token in asked]
    assert found == [200, 200, 429, 200]


def test_a_worker_has_so_many_requests_in_hand_and_no_more() -> None:
    seats = Seats(2, None)
    leave = seats.take(OPEN)
    seats.take(OPEN)
    with pytest.raises(RequestError) as caught:
        seats.take(OPEN)
    assert (caught.value.status, caught.value.code) == (503, "too_many_requests_in_flight")
    leave()
    leave()
    assert seats.n_requests == 1
    seats.take(OPEN)


def test_a_key_has_so_many_requests_in_hand_and_others_go_on() -> None:
    seats = Seats(10, 1)
    one, other = (Principal(name, None, frozenset()) for name in ("one", "other"))
    leave = seats.take(one)
    with pytest.raises(RequestError) as caught:
        seats.take(one)
    assert caught.value.status == 429
    seats.take(other)
    leave()
    seats.take(one)


@pytest.mark.parametrize("way", ["asgi", "socket"])
@pytest.mark.parametrize("body", [DECIDE, {"items": []}, {"items": [{"text": ""}]}])
def test_every_request_leaves_its_seat(guarded: Guarded, way: str, body: dict[str, Any]) -> None:
    api = guarded.product.api
    assert api is not None
    guarded.ask(way)("POST", "/v1/decisions", json=body, headers=guarded.bearer("a-decide"))
    guarded.ask(way)("GET", "/v1/keys", headers=guarded.bearer("a-admin"))
    guarded.ask(way)("GET", "/v1/keys/aaaaaaaaaaaa", headers=guarded.bearer("a-admin"))
    assert api.seats.n_requests == 0
