"""The reader's thread, mostly with a reader that needs no model."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import pytest

from models.contracts import FailureCode
from models.runtime.vision.reading import ReadText
from models.runtime.vision.reading_errors import ReadingError
from service.vision.reader_pool import (
    Frame,
    ReaderClosedError,
    ReaderLateError,
    ReaderOverloadedError,
    ReaderPool,
    open_reader_pool,
)
from tests.runtime.vision.cards import card

BAD = 13


class CountingReader:
    """Reads a frame as its first pixel, when the gate is open; frames of `BAD` are unreadable."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.calls: list[list[int]] = []
        self.thread_names: set[str] = set()

    def read(self, frames: Sequence[Frame]) -> list[ReadText]:
        values = [int(frame[0, 0, 0]) for frame in frames]
        self.calls.append(values)
        self.thread_names.add(threading.current_thread().name)
        self.begun.set()
        self.gate.wait(30)
        if BAD in values:
            raise ReadingError("a picture could not be read")
        return [ReadText(str(value), ()) for value in values]


def frame(value: int) -> Frame:
    return np.full((2, 2, 3), value, dtype=np.uint8)


def texts(found: Sequence[ReadText]) -> list[str]:
    return [one.text for one in found]


@pytest.fixture
def reader() -> CountingReader:
    return CountingReader()


@pytest.fixture
def make_pool(reader: CountingReader) -> Iterator[Callable[..., ReaderPool]]:
    pools: list[ReaderPool] = []

    def make(max_frames: int = 8, batch_frames: int = 2, timeout_s: float = 30.0) -> ReaderPool:
        pool = ReaderPool(lambda: reader, max_frames, batch_frames, timeout_s)
        pool.start()
        pools.append(pool)
        return pool

    yield make
    reader.gate.set()
    for pool in pools:
        pool.close()


async def busy(pool: ReaderPool, reader: CountingReader) -> "asyncio.Task[list[ReadText]]":
    """Occupy the thread with one frame until the gate opens."""
    reader.gate.clear()
    task = asyncio.create_task(pool.read([frame(1)]))
    await asyncio.to_thread(reader.begun.wait, 30)
    return task


Result = TypeVar("Result")


def run(main: Awaitable[Result]) -> Result:
    async def bounded() -> Result:
        return await asyncio.wait_for(main, 60)

    return asyncio.run(bounded())


def test_a_job_gets_one_text_a_frame_in_order(make_pool: Callable[..., ReaderPool]) -> None:
    pool = make_pool()
    assert texts(run(pool.read([frame(value) for value in (5, 6, 7)]))) == ["5", "6", "7"]


def test_reading_happens_on_the_readers_thread(make_pool: Callable[..., ReaderPool], reader: CountingReader) -> None:
    run(make_pool().read([frame(5)]))
    assert reader.thread_names == {"reader"}


def test_no_frames_need_no_reader() -> None:
    assert run(ReaderPool(CountingReader).read([])) == []


def test_jobs_that_wait_are_read_together(make_pool: Callable[..., ReaderPool], reader: CountingReader) -> None:
    async def main() -> None:
        pool = make_pool(batch_frames=3)
        first = await busy(pool, reader)
        rest = [asyncio.create_task(pool.read([frame(value)])) for value in (2, 3, 4, 5)]
        await asyncio.sleep(0)
        reader.gate.set()
        assert texts(await first) == ["1"]
        assert [texts(await one) for one in rest] == [["2"], ["3"], ["4"], ["5"]]

    run(main())
    assert reader.calls == [[1], [2, 3, 4], [5]]


def test_a_full_queue_refuses_at_once(make_pool: Callable[..., ReaderPool], reader: CountingReader) -> None:
    async def main() -> None:
        pool = make_pool(max_frames=2)
        first = await busy(pool, reader)
        waiting = asyncio.create_task(pool.read([frame(2), frame(3)]))
        await asyncio.sleep(0)
        with pytest.raises(ReaderOverloadedError) as refused:
            await pool.read([frame(4)])
        assert refused.value.code is FailureCode.OVERLOADED
        reader.gate.set()
        assert (texts(await first), texts(await waiting)) == (["1"], ["2", "3"])

    run(main())


def test_an_idle_pool_takes_a_job_larger_than_its_queue(make_pool: Callable[..., ReaderPool]) -> None:
    assert len(run(make_pool(max_frames=2).read([frame(5)] * 5))) == 5


def test_a_job_beyond_its_time_is_a_typed_error(make_pool: Callable[..., ReaderPool], reader: CountingReader) -> None:
    async def main() -> None:
        pool = make_pool()
        first = await busy(pool, reader)
        with pytest.raises(ReaderLateError) as late:
            await pool.read([frame(2)], timeout_s=0.01)
        assert late.value.code is FailureCode.DEADLINE_EXCEEDED
        reader.gate.set()
        await first
        await pool.read([frame(3)])

    run(main())
    assert reader.calls == [[1], [3]]


def test_a_cancelled_job_is_not_read(make_pool: Callable[..., ReaderPool], reader: CountingReader) -> None:
    async def main() -> None:
        pool = make_pool()
        first = await busy(pool, reader)
        given_up = asyncio.create_task(pool.read([frame(2)]))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        reader.gate.set()
        await first
        await pool.read([frame(3)])

    run(main())
    assert reader.calls == [[1], [3]]


def test_a_job_cancelled_half_way_is_not_read_to_its_end(
    make_pool: Callable[..., ReaderPool], reader: CountingReader
) -> None:
    async def main() -> None:
        pool = make_pool(batch_frames=1)
        reader.gate.clear()
        given_up = asyncio.create_task(pool.read([frame(1), frame(2), frame(3)]))
        await asyncio.to_thread(reader.begun.wait, 30)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        reader.gate.set()
        await pool.read([frame(9)])

    run(main())
    assert reader.calls == [[1], [9]]


def test_a_bad_picture_spoils_no_neighbour(make_pool: Callable[..., ReaderPool], reader: CountingReader) -> None:
    async def main() -> None:
        pool = make_pool(batch_frames=3)
        first = await busy(pool, reader)
        good, bad, other = (asyncio.create_task(pool.read([frame(value)])) for value in (2, BAD, 4))
        await asyncio.sleep(0)
        reader.gate.set()
        await first
        assert (texts(await good), texts(await other)) == (["2"], ["4"])
        with pytest.raises(ReadingError):
            await bad

    run(main())


def test_a_reader_that_cannot_be_opened_fails_the_job_and_not_the_thread() -> None:
    readers = iter([ReadingError("missing"), CountingReader()])

    def opener() -> CountingReader:
        one = next(readers)
        if isinstance(one, ReadingError):
            raise one
        return one

    pool = ReaderPool(opener)
    pool.start()
    with pytest.raises(ReadingError, match="missing"):
        run(pool.read([frame(1)]))
    assert texts(run(pool.read([frame(2)]))) == ["2"]
    pool.close()


def test_the_reader_is_opened_at_first_use_unless_asked_for() -> None:
    opened: list[CountingReader] = []

    def opener() -> CountingReader:
        opened.append(CountingReader())
        return opened[-1]

    lazy, eager = ReaderPool(opener), ReaderPool(opener)
    lazy.start()
    assert not opened
    eager.start(open_now=True)
    assert len(opened) == 1
    lazy.close()
    eager.close()


def test_closing_reads_what_waits_and_refuses_the_rest(
    make_pool: Callable[..., ReaderPool], reader: CountingReader
) -> None:
    async def main() -> None:
        pool = make_pool()
        first = await busy(pool, reader)
        waiting = asyncio.create_task(pool.read([frame(2)]))
        await asyncio.sleep(0)
        reader.gate.set()
        await asyncio.to_thread(pool.close)
        assert (texts(await first), texts(await waiting)) == (["1"], ["2"])
        with pytest.raises(ReaderClosedError):
            await pool.read([frame(3)])

    run(main())


def test_a_pool_that_was_not_started_says_so() -> None:
    with pytest.raises(ReaderClosedError, match="not started"):
        run(ReaderPool(CountingReader).read([frame(1)]))


def test_the_shipped_reader_reads_a_card_in_the_pool() -> None:
    pool = open_reader_pool()
    assert texts(run(pool.read([card(["read off the loop"])], timeout_s=50.0))) == ["read off the loop"]
    pool.close()
