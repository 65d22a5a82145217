"""What goes into the pipeline of pictures and what comes out of it."""

from collections.abc import Callable
from dataclasses import dataclass

from models.contracts import ImageFeatures, Redaction, TextFeatures
from service.fetching.images import RemoteImage, image_bytes
from service.panel import Ruling
from service.policy.facts import NO_FACTS, Facts
from service.records.log import NO_VECTORS, Vectors
from service.vision.redacting import RedactedImage


@dataclass(frozen=True, slots=True)
class Posted:
    """One item with images, as posted.

    Attributes:
        text: empty when there is none.
        images: the bytes of each, or where they are; one or more.
        deadline: on the clock of `time.perf_counter`, seconds.
        redact: what is blurred in copies of the images; None where nobody asked.
        is_abandoned: tells whether the client has gone.
        bundles: names with versions of those that give an opinion; None for all.
        facts: what else is known of it; what is found out here (words, matches) is added when it is decided.

    """

    text: str
    images: tuple[bytes | RemoteImage, ...]
    deadline: float
    content_id: str | None = None
    redact: frozenset[Redaction] | None = None
    is_abandoned: Callable[[], bool] | None = None
    facts: Facts = NO_FACTS
    bundles: frozenset[str] | None = None

    @property
    def n_bytes(self) -> int:
        """Of all images; of those to be fetched, as many as there may be."""
        return sum(map(len, self.images))

    @property
    def files(self) -> tuple[bytes, ...]:
        """The bytes of all images, once they are here."""
        return tuple(map(image_bytes, self.images))


@dataclass(frozen=True, slots=True)
class Finding:
    """What was decided on an item with images, and what the log keeps of it.

    Attributes:
        redacted: copies of its images, if the action is `blur` or somebody asked.
        text: the normalised text beside the images, for the digest; empty when there is none.
        digests: sha256 of every image, in order.
        text_features: of the text beside the images.
        vectors: projected embeddings of that text and of the first image.

    """

    ruling: Ruling
    redacted: tuple[RedactedImage, ...]
    text: str
    digests: tuple[str, ...]
    text_features: TextFeatures | None
    image_features: ImageFeatures
    vectors: Vectors = NO_VECTORS
