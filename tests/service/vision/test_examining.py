"""The queue of items with images: deadlines, clients that go, batches that form, and places that are given back."""

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import FailureCode
from service.batcher import Batcher
from service.identity import UuidSource
from service.judges import Judges
from service.metrics.recorder import unread_recorder
from service.panel import build_panel
from service.policy.document import load_policy
from service.settings import Settings
from service.vision.budget import ByteBudget, Places
from service.vision.examiner import Examined
from service.vision.finding import Finding, Posted
from service.vision.image_batcher import ImageBatcher, ModelFailedError
from service.vision.opening import Vision, open_vision
from service.vision.outcomes import Reading
from service.vision.refusal import AbandonedError, ItemRefusedError
from tests.service.vision.seeing import (
    CYAN,
    GREEN,
    GREY,
    SIDE,
    ColourScorer,
    SpellingReader,
    flat,
    picture,
    png,
    seeing_models,
    wordy,
)


def open_under_test(reader: SpellingReader | None = None, **settings: int) -> Vision:
    """The whole pipeline without HTTP, log and banks."""
    chosen, models, recorder = Settings(**settings), seeing_models(), unread_recorder()  # type: ignore[arg-type]
    panel = build_panel(load_policy(chosen.policy), models, UuidSource())
    batcher = Batcher(models.text.scorer, recorder, 100, 100_000, 2_048)
    budget = ByteBudget(chosen.max_image_bytes_in_flight)
    return open_vision(
        chosen, models, Judges(panel), batcher, lambda: None, recorder, budget, reader or SpellingReader()
    )


def posted(*images: bytes, text: str = "", seconds: float = 60, gone: bool = False) -> Posted:
    return Posted(text, images, time.perf_counter() + seconds, is_abandoned=lambda: gone)


def examine(*items: Posted, vision: Vision | None = None) -> list[Examined]:
    async def scenario() -> list[Examined]:
        under_test = vision or open_under_test()
        try:
            return [await under_test.examiner.examine(item) for item in items]
        finally:
            await under_test.close()

    return asyncio.run(scenario())


def test_an_item_past_its_deadline_fails_with_it() -> None:
    late, fine = examine(posted(png(flat(GREY)), seconds=-1), posted(png(flat(GREY))))
    assert isinstance(late, ItemRefusedError)
    assert late.code is FailureCode.DEADLINE_EXCEEDED
    assert isinstance(fine, Finding)


def test_reading_that_takes_too_long_leaves_a_gap_and_not_a_failure() -> None:
    reader = SpellingReader()
    reader.is_slow = True
    (found,) = examine(posted(png(flat(wordy(2)))), vision=open_under_test(reader, reading_timeout_ms=10))
    assert isinstance(found, Finding)
    evidence = found.ruling.decision.evidence
    assert evidence is not None
    assert (evidence.images[0].text_found, evidence.images[0].text_read) == (True, False)
    assert found.ruling.decision.review


def test_reading_may_not_take_all_the_time_that_is_left() -> None:
    reader = SpellingReader()
    reader.is_slow = True
    (found,) = examine(posted(png(flat(wordy(2))), seconds=3), vision=open_under_test(reader))
    assert isinstance(found, Finding)


def test_a_client_that_has_gone_stops_the_work() -> None:
    with pytest.raises(AbandonedError):
        examine(posted(png(flat(GREY)), gone=True))


def test_nobody_is_told_when_the_client_has_gone_and_everything_is_given_back() -> None:
    async def scenario() -> tuple[list[object], int]:
        told: list[object] = []
        under_test = open_under_test()
        under_test.examiner.submit([posted(png(flat(GREY)), gone=True)], told.extend)
        under_test.examiner.submit([posted(png(flat(GREY)))], told.extend)
        await under_test.close()
        return told, under_test.examiner.n_images

    told, n_images = asyncio.run(scenario())
    assert (len(told), n_images) == (1, 0)


def test_closing_answers_what_waits() -> None:
    async def scenario() -> list[Examined]:
        told: list[Examined] = []
        under_test = open_under_test()
        for _ in range(10):
            under_test.examiner.submit([posted(png(picture(GREEN)))], told.extend)
        await under_test.close()
        return told

    assert [type(outcome) for outcome in asyncio.run(scenario())] == [Finding] * 10


def test_a_listener_that_breaks_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> list[Examined]:
        told: list[Examined] = []

        def broken(_: list[Examined]) -> None:
            raise RuntimeError("secretmarker")

        under_test = open_under_test()
        under_test.examiner.submit([posted(png(flat(GREY)))], broken)
        under_test.examiner.submit([posted(png(flat(GREY)))], told.extend)
        await under_test.close()
        return told

    assert len(asyncio.run(scenario())) == 1
    assert "secretmarker" not in caplog.text


def test_faults_are_logged_without_what_they_quote(caplog: pytest.LogCaptureFixture) -> None:
    reader = SpellingReader()
    reader.is_broken = True
    examine(posted(png(flat(CYAN))), posted(png(flat(wordy(2)))), vision=open_under_test(reader))
    assert len(caplog.records) == 2
    assert "quotes" not in caplog.text


def test_every_image_is_counted_by_what_became_of_it() -> None:
    settings, models, recorder = Settings(), seeing_models(), unread_recorder()
    seen: list[object] = []
    recorder.picture_opened = lambda failure, _: seen.append(failure)  # type: ignore[method-assign]
    recorder.picture_read = seen.append  # type: ignore[method-assign]
    panel = build_panel(load_policy(settings.policy), models, UuidSource())
    batcher = Batcher(models.text.scorer, recorder, 100, 100_000, 2_048)
    vision = open_vision(
        settings, models, Judges(panel), batcher, lambda: None, recorder, ByteBudget(1_000_000), SpellingReader()
    )
    examine(posted(png(flat(GREY)), png(flat(wordy(0))), png(flat(wordy(1)))), posted(b"x"), vision=vision)
    counted = [None, None, None, Reading.SKIPPED, Reading.EMPTY, Reading.READ, FailureCode.UNSUPPORTED_IMAGE_FORMAT]
    assert seen == counted


def squares(*colours: tuple[int, int, int]) -> list[object]:
    import numpy as np

    return [(np.asarray(flat(colour, SIDE))[np.newaxis],) for colour in colours]


def test_what_queues_while_the_models_run_goes_together() -> None:
    async def scenario() -> list[int]:
        scorer = ColourScorer()
        under_test = ImageBatcher([scorer])
        waiting = [asyncio.ensure_future(under_test.look(one)) for one in squares(*[GREY] * 20)]  # type: ignore[arg-type]
        await asyncio.sleep(0)
        under_test.start()
        await asyncio.gather(*waiting)
        under_test.close()
        return scorer.batches

    assert asyncio.run(scenario()) == [16, 4]


def test_a_picture_that_breaks_the_model_fails_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> list[bool]:
        under_test = ImageBatcher([ColourScorer()])
        waiting = [asyncio.ensure_future(under_test.look(one)) for one in squares(GREY, CYAN, GREEN)]  # type: ignore[arg-type]
        await asyncio.sleep(0)
        under_test.start()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        under_test.close()
        return [isinstance(entry, ModelFailedError) for entry in found]

    assert asyncio.run(scenario()) == [False, True, False]
    assert "quotes" not in caplog.text


def test_a_picture_nobody_waits_for_is_not_looked_at() -> None:
    async def scenario() -> list[int]:
        scorer = ColourScorer()
        under_test = ImageBatcher([scorer])
        gone, here = (asyncio.ensure_future(under_test.look(one)) for one in squares(GREY, GREEN))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        under_test.start()
        await here
        under_test.close()
        return scorer.batches

    assert asyncio.run(scenario()) == [1]


@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=12))
def test_places_are_never_exceeded_and_always_given_back(wanted: list[tuple[int, bool]]) -> None:
    """Some waiters are cancelled while they wait or while they hold."""

    async def scenario() -> tuple[int, int]:
        places, held, most = Places(8), 0, 0

        async def hold(n_places: int) -> None:
            nonlocal held, most
            async with places.taken(n_places):
                held += min(n_places, 8)
                most = max(most, held)
                try:
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
                finally:
                    held -= min(n_places, 8)

        tasks = [asyncio.ensure_future(hold(n_places)) for n_places, _ in wanted]
        await asyncio.sleep(0)
        for task, (_, gives_up) in zip(tasks, wanted, strict=True):
            if gives_up:
                task.cancel()
                await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(30), places.taken(8):
            return most, held

    most, held = asyncio.run(scenario())
    assert most <= 8
    assert held == 0


def test_the_shipped_policy_serves_with_images(tmp_path: Path) -> None:
    (found,) = examine(posted(png(picture(GREEN, GREEN)), text="lovely"))
    assert isinstance(found, Finding)
    assert (found.ruling.decision.action.value, found.ruling.decision.review) == ("blur", True)
    assert [copy.index for copy in found.redacted] == [0]
