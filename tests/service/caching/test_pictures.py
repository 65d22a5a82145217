"""Held pictures: each file is looked at once, whoever gives up; what failed is looked at again."""

import asyncio

import numpy as np
import pytest

from service.caching.pictures import CachedPictures
from service.vision.image_batcher import ImageBatcher, ModelFailedError, Outputs, Squares
from tests.service.vision.seeing import CYAN, GREEN, MAGENTA, SIDE, Colour, ColourScorer


class Counting:
    def __init__(self) -> None:
        self.outcomes: list[str] = []
        self.n_bytes = 0

    def picture_looked_up(self, outcome: str) -> None:
        self.outcomes.append(outcome)

    def pictures_held(self, n_bytes: int) -> None:
        self.n_bytes = n_bytes


class Bench:
    """The cache over a batcher over a small real model, which is closed in the end."""

    def __init__(self, max_entries: int = 10, max_bytes: int = 100_000) -> None:
        self.scorer, self.seen, self.policy = ColourScorer(), Counting(), "v1"
        self.batcher = ImageBatcher([self.scorer])
        self.pictures = CachedPictures(self.batcher, lambda: self.policy, max_entries, max_bytes, self.seen)

    async def __aenter__(self) -> "Bench":
        self.batcher.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.batcher.close)

    async def look(self, digest: str, colour: Colour = GREEN) -> list[Outputs]:
        return await self.pictures.look(digest, squares(colour))


def squares(colour: Colour) -> Squares:
    return (np.full((1, SIDE, SIDE, 3), colour, dtype=np.uint8),)


def test_a_file_is_looked_at_once_and_the_answer_is_the_same() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            first, second = await bench.look("a"), await bench.look("a")
            assert (first[0].logits == second[0].logits).all()
            assert sum(bench.scorer.batches) == 1
            assert bench.seen.outcomes == ["miss", "hit"]
            assert bench.seen.n_bytes > 0

    asyncio.run(scenario())


def test_the_same_file_many_times_at_once_is_looked_at_once() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            found = await asyncio.gather(*(bench.look("a") for _ in range(20)))
            assert all((entry[0].logits == found[0][0].logits).all() for entry in found)
            assert sum(bench.scorer.batches) == 1
            assert bench.seen.outcomes == ["miss", *["coalesced"] * 19]

    asyncio.run(scenario())


def test_another_policy_starts_from_nothing() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            await bench.look("a")
            bench.policy = "v2"
            await bench.look("a")
            assert bench.seen.outcomes == ["miss", "miss"]

    asyncio.run(scenario())


@pytest.mark.parametrize("colour", [CYAN, MAGENTA])
def test_what_failed_is_not_held(colour: Colour) -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            for _ in range(2):
                try:
                    assert np.isnan((await bench.look("a", colour))[0].logits).any()
                except ModelFailedError:
                    assert colour is CYAN
            assert bench.seen.outcomes == ["miss", "miss"]
            assert bench.seen.n_bytes == 0

    asyncio.run(scenario())


def test_a_leader_that_gives_up_does_not_take_its_followers_with_it() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            leader = asyncio.create_task(bench.look("a"))
            await asyncio.sleep(0)
            follower = asyncio.create_task(bench.look("a"))
            await asyncio.sleep(0)
            leader.cancel()
            assert len(await follower) == 1

    asyncio.run(scenario())


def test_a_cache_that_is_off_holds_nothing() -> None:
    async def scenario() -> None:
        async with Bench(max_entries=0) as bench:
            await bench.look("a")
            await bench.look("a")
            assert sum(bench.scorer.batches) == 2
            assert bench.seen.outcomes == []

    asyncio.run(scenario())


def test_what_many_read_nobody_writes() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            await bench.look("a")
            (held,) = await bench.look("a")
            with pytest.raises(ValueError, match="read-only"):
                held.logits[0] = 0

    asyncio.run(scenario())
