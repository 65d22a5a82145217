import logging
import threading
from collections.abc import Iterator

import pytest

from service.polling import Poller

HOUR_S = 3600.0
LIMIT_S = 30.0
logger = logging.getLogger("bentoml.weir.polling")


class Store:
    """Something to poll that can be away."""

    def __init__(self) -> None:
        self.polled = threading.Event()
        self.n_polls = 0
        self.is_away = False

    def poll(self) -> None:
        self.n_polls += 1
        self.polled.set()
        if self.is_away:
            raise ConnectionError


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def poller(store: Store) -> Iterator[Poller]:
    poller = Poller("keys", store.poll, HOUR_S, logger)
    yield poller
    poller.close()


def test_a_change_of_this_process_is_taken_over_without_a_pause(poller: Poller, store: Store) -> None:
    poller.start()
    poller.wake()
    assert store.polled.wait(LIMIT_S)


def test_it_polls_again_and_again_by_itself(store: Store) -> None:
    poller = Poller("keys", store.poll, 0.001, logger)
    poller.start()
    for _ in range(3):
        assert store.polled.wait(LIMIT_S)
        store.polled.clear()
    poller.close()


def test_a_store_that_is_away_does_not_end_it(poller: Poller, store: Store) -> None:
    store.is_away = True
    poller.start()
    for _ in range(2):
        poller.wake()
        assert store.polled.wait(LIMIT_S)
        store.polled.clear()
    poller.close()
    assert poller.n_failures == store.n_polls == 2


def test_a_failure_says_what_could_not_be_read(poller: Poller, store: Store, caplog: pytest.LogCaptureFixture) -> None:
    store.is_away = True
    with caplog.at_level(logging.ERROR):
        poller.poll_safely()
    assert caplog.text.count("the keys could not be read, trying again: ConnectionError at ") == 1


def test_closing_polls_no_more(poller: Poller, store: Store) -> None:
    poller.start()
    poller.close()
    assert store.n_polls == 0


def test_one_that_was_never_started_can_be_closed(poller: Poller) -> None:
    poller.close()
