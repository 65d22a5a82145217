"""The matcher: which known items does a sample resemble, and what do their banks say about it.

For each input (the text, each picture) on its own:

1. An exact digest ends the search: nothing is closer.
2. Otherwise PDQ (pictures), sketches (texts) and embeddings are searched. Of each bank the closest item counts: a
   fingerprint before an embedding, then by distance, then by age.
3. Any match in a negative bank suppresses every match in a positive bank that is not exact. An exact match is the
   same content, and only removing or disabling the item takes that judgement back.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from models.contracts import KnownMatch, MatchKind
from models.runtime.matching.hit import Hit
from models.runtime.matching.pdq import MIN_QUALITY
from models.runtime.matching.text_sketch import sketch_text
from service.banks.sample import Embedding, ImageSample, Sample
from service.banks.segment import IMAGE, TEXT, Segment
from service.banks.signatures import has_direction, text_digest
from service.banks.snapshot import BankVerdict, KnownBank, Snapshot

TEXT_INPUT: Final = "text"
N_NEIGHBOURS: Final = 64
"""Nearest embeddings that are looked at, so that one bank's many copies do not hide another bank's item."""
_ORDER: Final = {kind: rank for rank, kind in enumerate(MatchKind)}

Observe = Callable[[str, Sequence[int]], None]
"""Told once an input: its digest, and the items it matched (mostly none)."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What the banks know of a sample.

    Attributes:
        matches: in positive banks: at most one a bank and input.
        verdicts: of those banks, once each.
        suppressed: matches in positive banks that a negative bank took back.
        cleared_by: matches in negative banks.

    """

    matches: tuple[KnownMatch, ...] = ()
    verdicts: tuple[BankVerdict, ...] = ()
    suppressed: tuple[KnownMatch, ...] = ()
    cleared_by: tuple[KnownMatch, ...] = ()


NOTHING: Final = Matched()


class _Found(NamedTuple):
    """One item within its bank's limit. Sorts the way matches are preferred."""

    rank: int
    distance: float
    key: int
    kind: MatchKind
    bank: KnownBank


class BankMatcher:
    """Matches against one snapshot. Safe to share between threads.

    Attributes:
        has_texts: a text can match; when False, a caller with a text only need not ask.
        has_text_embeddings: it is worth giving `Sample.text_embedding`.
        has_images: a picture can match.
        has_image_embeddings: it is worth giving `ImageSample.embedding`.

    """

    def __init__(self, snapshot: Snapshot, observe: Observe | None = None) -> None:
        self.snapshot = snapshot
        self._observe = observe
        self._segments = snapshot.segments
        self._banks = snapshot.banks
        self.has_text_embeddings = snapshot.has(MatchKind.TEXT_EMBEDDING)
        self.has_texts = self.has_text_embeddings or snapshot.has(TEXT)
        self.has_image_embeddings = snapshot.has(MatchKind.IMAGE_EMBEDDING)
        self.has_images = self.has_image_embeddings or snapshot.has(IMAGE)

    def match(self, sample: Sample) -> Matched:
        """Look a sample up, and count it for the flood guard and the statistics."""
        return self._match(sample, self._observe)

    def look_up(self, sample: Sample) -> Matched:
        """Look a sample up without counting it."""
        return self._match(sample, None)

    def _match(self, sample: Sample, observe: Observe | None) -> Matched:
        by_input: list[tuple[str, list[_Found]]] = []
        for name, digest, found in self._inputs(sample):
            if observe is not None:
                observe(digest.hex(), tuple({entry.key: None for entry in found}))
            if found:
                by_input.append((name, found))
        return _judge(by_input) if by_input else NOTHING

    def _inputs(self, sample: Sample) -> Iterator[tuple[str, bytes, list[_Found]]]:
        """Name, digest and finds of every input that could match at all."""
        if self.has_texts and sample.text:
            digest = text_digest(sample.text)
            yield TEXT_INPUT, digest, self._search_text(sample.text, digest, sample.text_embedding)
        if self.has_images:
            for index, image in enumerate(sample.images):
                digest = bytes.fromhex(image.digest)
                yield f"images[{index}]", digest, self._search_image(image, digest)

    def _search_text(self, text: str, digest: bytes, embedding: Embedding | None) -> list[_Found]:
        if exact := [*self._exact((segment, segment.texts.find(digest)) for segment in self._segments)]:
            return exact
        found: list[_Found] = []
        reach = self._reach(MatchKind.NEAR_TEXT)
        if reach is not None and any(len(segment.sketches) for segment in self._segments):
            sketch = sketch_text(text)
            for segment in self._segments:
                found += self._near(MatchKind.NEAR_TEXT, segment, segment.sketches.search(sketch, reach))
        return found + self._neighbours(MatchKind.TEXT_EMBEDDING, embedding)

    def _search_image(self, image: ImageSample, digest: bytes) -> list[_Found]:
        if exact := [*self._exact((segment, segment.images.find(digest)) for segment in self._segments)]:
            return exact
        return self._similar(image) + self._neighbours(MatchKind.IMAGE_EMBEDDING, image.embedding)

    def _similar(self, image: ImageSample) -> list[_Found]:
        """By PDQ in any orientation; a flat picture's hash says nothing."""
        reach = self._reach(MatchKind.PDQ)
        views = {view.bits for view in image.pdq if view.quality >= MIN_QUALITY}
        if reach is None:
            return []
        found: list[_Found] = []
        for segment in self._segments:
            if len(segment.pdq):
                hits = [hit for bits in views for hit in segment.pdq.search(bits, int(reach))]
                found += self._near(MatchKind.PDQ, segment, hits)
        return found

    def _neighbours(self, kind: MatchKind, embedding: Embedding | None) -> list[_Found]:
        reach = self._reach(kind)
        if embedding is None or reach is None or not has_direction(embedding):
            return []
        found: list[_Found] = []
        for segment in self._segments:
            index = segment.image_vectors if kind is MatchKind.IMAGE_EMBEDDING else segment.text_vectors
            if index is not None:
                found += self._near(kind, segment, index.search(embedding, reach, N_NEIGHBOURS))
        return found

    def _exact(self, keys: Iterable[tuple[Segment, Sequence[int]]]) -> Iterator[_Found]:
        for segment, found in keys:
            yield from self._near(MatchKind.EXACT, segment, [Hit(distance=0.0, key=key) for key in found])

    def _near(self, kind: MatchKind, segment: Segment, hits: Sequence[Hit]) -> Iterator[_Found]:
        """Hits of living items of enabled banks within the bank's own limit."""
        for hit in hits:
            number = segment.bank_of(hit.key)
            bank = None if number is None else self._banks.get(number)
            if bank is not None and hit.distance <= bank.limits.get(kind, -1.0):
                yield _Found(_ORDER[kind], hit.distance, hit.key, kind, bank)

    def _reach(self, kind: MatchKind) -> float | None:
        """The greatest limit of any bank; None when all have turned the kind off."""
        return max((bank.limits[kind] for bank in self._banks.values() if kind in bank.limits), default=None)


def _judge(by_input: Sequence[tuple[str, list[_Found]]]) -> Matched:
    matches: list[KnownMatch] = []
    suppressed: list[KnownMatch] = []
    cleared_by: list[KnownMatch] = []
    verdicts: dict[str, BankVerdict] = {}
    for name, found in by_input:
        closest = _closest(found)
        cleared = [entry for entry in closest if entry.bank.verdict is None]
        cleared_by += [_known_match(entry, name) for entry in cleared]
        for entry in closest:
            if (verdict := entry.bank.verdict) is None:
                continue
            if cleared and entry.kind is not MatchKind.EXACT:
                suppressed.append(_known_match(entry, name))
            else:
                matches.append(_known_match(entry, name))
                verdicts[entry.bank.name] = verdict
    return Matched(tuple(matches), tuple(verdicts.values()), tuple(suppressed), tuple(cleared_by))


def _closest(found: Iterable[_Found]) -> list[_Found]:
    """One a bank, the best first."""
    best: dict[str, _Found] = {}
    for entry in sorted(found, key=_preference):
        best.setdefault(entry.bank.name, entry)
    return list(best.values())


def _preference(entry: _Found) -> tuple[Any, ...]:
    return entry[:3]


def _known_match(entry: _Found, name: str) -> KnownMatch:
    distance = max(0.0, round(float(entry.distance), 4))
    return KnownMatch(bank=entry.bank.name, item_id=str(entry.key), kind=entry.kind, distance=distance, input=name)
