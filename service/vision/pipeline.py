"""The pipeline of an item with images: from bytes to a decision with its evidence.

    bytes -> frames -> image models -> gate -> reader -> text model -> joint model -> banks -> panel -> blurred copies
             thread    thread                  thread    batcher                      thread            thread

All of it waits in the event loop and works elsewhere, in the order in which items arrive, with a limit on the pictures
that are decoded at a time. Whatever goes wrong is that item's typed failure, and no failure carries content.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from models.contracts import Action, FailureCode, ImageEvidence, ImageFeatures, Modality, Redaction, ScoreSource
from service.banks.matcher import NOTHING, BankMatcher, Matched
from service.banks.sample import ImageSample, Sample
from service.batcher import TextQueue
from service.bundles import LoadedModels
from service.judges import Judges
from service.panel import BOTH, IMAGE, Opinion, Panel
from service.policy.facts import Facts
from service.pooling import kept_vectors
from service.records.log import Vectors
from service.telemetry.passage import Stage, staged
from service.ticket import Scored
from service.vision.budget import Places
from service.vision.finding import Finding, Posted
from service.vision.joining import join
from service.vision.looking import Looker
from service.vision.outcomes import Reading
from service.vision.reading import ReadPicture, read_pictures
from service.vision.redacting import BY_DEFAULT, plan_blurs, wanted_kinds
from service.vision.refusal import ItemRefusedError, require_client
from service.vision.scorers import Reader
from service.vision.seen import Seen, suspected_kinds
from service.vision.wording import ScoredTexts, score_texts

READING_SHARE: Final = 0.6
"""Of the time that an item has left, what reading may take, so that there is some to score what was read."""


class ReadingObserver(Protocol):
    """Who wants to know how reading goes: the metrics. Called from the event loop."""

    def picture_read(self, reading: Reading) -> None:
        """What became of one image's words."""
        ...

    def reading_ended(self, seconds: float) -> None:
        """An item's images were read, or reading was given up."""
        ...


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Examines items with images. Lives in one event loop; `service.vision.opening` opens one.

    Attributes:
        matcher: the newest state of the banks; None without banks.
        threads: for the banks, which may search long.

    """

    models: LoadedModels
    judges: Judges
    looker: Looker
    batcher: TextQueue
    reader: Reader
    matcher: Callable[[], BankMatcher | None]
    threads: ThreadPoolExecutor
    places: Places
    reading_timeout_s: float
    observer: ReadingObserver

    async def examine(self, posted: Posted) -> Finding:
        """Decide on one item.

        Raises:
            ItemRefusedError: It gets a typed failure instead of a decision.
            AbandonedError: The client has gone.

        """
        await self.looker.fetch(posted)  # before it takes a place: who is slow to answer must not keep others waiting
        async with self._place(posted):
            return await self._examine(posted)

    async def redact(self, posted: Posted) -> bytes:
        """The redacted copy of an item's one image, as JPEG: nothing is read, decided or recorded.

        Raises:
            ItemRefusedError: It cannot be looked at.
            AbandonedError: The client has gone.

        """
        async with self._place(posted):
            matcher = self.matcher()
            pictures = await self.looker.look(posted, with_pdq=matcher is not None and matcher.has_images)
            nothing = ScoredTexts(None, (None,))
            panel = self.judges.panel(posted.facts.tenant)
            opinions = [*self._opinions(panel, pictures, nothing)]
            known = await self._recognise(pictures, nothing, matcher)
            image = await self._evidence(pictures[0], ReadPicture(Reading.SKIPPED), posted)
            verdict = panel.judge(opinions, replace(posted.facts, matches=known.matches))
            (blur,) = plan_blurs(posted.redact or BY_DEFAULT, Action.ALLOW, [image], verdict.fired, known.matches)
            return (await self.looker.redact(pictures[0], blur)).jpeg

    @asynccontextmanager
    async def _place(self, posted: Posted) -> AsyncIterator[None]:
        """Wait for places, and do what follows before the deadline."""
        try:
            async with asyncio.timeout(posted.deadline - time.perf_counter()), AsyncExitStack() as stack:
                with staged(Stage.QUEUE):
                    await stack.enter_async_context(self.places.taken(len(posted.images)))
                yield
        except TimeoutError:
            raise ItemRefusedError(FailureCode.DEADLINE_EXCEEDED) from None

    async def _examine(self, posted: Posted) -> Finding:
        matcher = self.matcher()
        pictures = await self.looker.look(posted, with_pdq=matcher is not None and matcher.has_images)
        words = await self._read(posted, pictures)
        texts = await self._score(posted, words, matcher)
        panel = self.judges.panel(posted.facts.tenant)
        opinions = [entry for entry in self._opinions(panel, pictures, texts) if _is_asked(entry, posted)]
        known = await self._recognise(pictures, texts, matcher)
        images = tuple([await self._evidence(*entry, posted) for entry in zip(pictures, words, strict=True)])
        with staged(Stage.DECIDE):
            ruling = panel.decide(opinions, known, images, posted.content_id, _facts(posted, texts))
        action = ruling.decision.action
        redact = posted.redact or (BY_DEFAULT if action is Action.BLUR else frozenset())
        blurs = plan_blurs(redact, action, images, ruling.fired, known.matches) if redact else []
        return Finding(
            ruling=ruling,
            redacted=tuple([await self.looker.redact(*entry) for entry in zip(pictures, blurs, strict=False)]),
            text=texts.beside.text if texts.beside else "",
            digests=tuple(seen.picture.decoded.digest for seen in pictures),
            text_features=texts.beside.features if texts.beside else None,
            image_features=_features(pictures, words),
            vectors=_vectors(pictures[0], texts.beside),
        )

    async def _read(self, posted: Posted, pictures: Sequence[Seen]) -> list[ReadPicture]:
        require_client(posted.is_abandoned)
        started = time.perf_counter()
        timeout_s = min(self.reading_timeout_s, (posted.deadline - started) * READING_SHARE)
        is_wordy = any(seen.wordy for seen in pictures)
        with staged(Stage.READ) if is_wordy else nullcontext():
            words = await read_pictures(pictures, self.reader, timeout_s)
        for entry in words:
            self.observer.picture_read(entry.reading)
        if is_wordy:
            self.observer.reading_ended(time.perf_counter() - started)
        return words

    async def _score(self, posted: Posted, words: Sequence[ReadPicture], matcher: BankMatcher | None) -> ScoredTexts:
        require_client(posted.is_abandoned)
        asked = self.models.joint is not None or (matcher is not None and matcher.has_text_embeddings)
        embeds = asked and self.models.text.has_embeddings
        return await score_texts(posted.text, words, self.batcher, posted.deadline, with_embeddings=embeds)

    def _opinions(self, panel: Panel, pictures: Sequence[Seen], texts: ScoredTexts) -> Iterator[Opinion]:
        beside = texts.beside
        if beside is not None:
            yield panel.text.opinion(ScoreSource.TEXT, beside.probs)
        for seen, inside in zip(pictures, texts.inside, strict=True):
            for seat, probs in zip(panel.images, seen.probs, strict=True):
                yield seat.opinion(ScoreSource.IMAGE, probs, seen.index, IMAGE)
            if inside is not None:
                yield panel.text.opinion(ScoreSource.IMAGE_TEXT, inside.probs, seen.index, IMAGE)
        if panel.joint is not None and self.models.joint is not None:
            text = None if beside is None else beside.embedding
            words = [None if inside is None else inside.embedding for inside in texts.inside]
            for index, probs in join(self.models.joint, self.models.images, pictures, text, words).items():
                yield panel.joint.opinion(ScoreSource.JOINT, probs, index, BOTH if text is not None else IMAGE)

    async def _recognise(self, pictures: Sequence[Seen], texts: ScoredTexts, matcher: BankMatcher | None) -> Matched:
        if matcher is None or not (matcher.has_texts or matcher.has_images):
            return NOTHING
        beside = texts.beside
        sample = Sample(
            text=beside.text if beside else None,
            text_embedding=beside.embedding if beside else None,
            images=tuple(_image_sample(seen) for seen in pictures),
        )
        return await asyncio.get_running_loop().run_in_executor(self.threads, matcher.match, sample)

    async def _evidence(self, seen: Seen, words: ReadPicture, posted: Posted) -> ImageEvidence:
        redact = posted.redact or frozenset[Redaction]()
        kinds = suspected_kinds(seen, self.models.images) | wanted_kinds(redact)
        decoded = seen.picture.decoded
        return ImageEvidence(
            index=seen.index,
            format=decoded.format.value,
            width=decoded.width,
            height=decoded.height,
            n_frames=decoded.n_frames,
            text_found=words.reading is not Reading.SKIPPED,
            text_read=words.reading in (Reading.READ, Reading.EMPTY),
            text=words.text,
            text_regions=words.regions,
            regions=await self.looker.regions(seen, kinds),
        )


def _is_asked(opinion: Opinion, posted: Posted) -> bool:
    """Whether the item wants this bundle's opinion; the models run for all items alike, so that caches hold for all."""
    bundle = opinion.seat.bundle
    return posted.bundles is None or f"{bundle.name}-{bundle.version}" in posted.bundles


def _facts(posted: Posted, texts: ScoredTexts) -> Facts:
    """What was posted and what was read, for the policy."""
    beside = texts.beside
    return replace(
        posted.facts,
        modalities=frozenset({Modality.IMAGE} if beside is None else {Modality.IMAGE, Modality.TEXT}),
        text=beside.text if beside else "",
        words="\n".join(inside.text if inside else "" for inside in texts.inside),
    )


def _image_sample(seen: Seen) -> ImageSample:
    """The fingerprints; the embedding is that of the first model that has one, of the first frame."""
    embeddings = (outputs.embedding[0] for outputs in seen.outputs if outputs.embedding is not None)
    return ImageSample(seen.picture.decoded.digest, seen.picture.pdq, next(embeddings, None))


def _vectors(first: Seen, beside: Scored | None) -> Vectors:
    """What monitoring keeps of the text beside the images and of the first image."""
    embedding = _image_sample(first).embedding
    return Vectors(
        text=beside.vector if beside else None,
        image=None if embedding is None else kept_vectors(embedding[np.newaxis])[0],
        is_cached=beside.is_cached if beside else None,
    )


def _features(pictures: Sequence[Seen], words: Sequence[ReadPicture]) -> ImageFeatures:
    first = pictures[0].picture
    return ImageFeatures(
        n_images=len(pictures),
        width=first.decoded.width,
        height=first.decoded.height,
        brightness=round(first.brightness, 4),
        n_frames=first.decoded.n_frames,
        n_text_chars=sum(len(entry.text) for entry in words),
    )
