"""Evidence: what was seen in an item that explains its decision: places, words in pictures, and known content."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from models.contracts.base import Value
from models.contracts.scores import Probability
from models.contracts.taxonomy import Category

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]


class Box(Value):
    """An upright rectangle in a picture, as fractions of its width and height; `(0, 0)` is the top left corner."""

    x0: Fraction
    y0: Fraction
    x1: Fraction
    y1: Fraction

    @model_validator(mode="after")
    def _has_an_area(self) -> Self:
        if self.x0 >= self.x1 or self.y0 >= self.y1:
            raise ValueError("a box has x0 < x1 and y0 < y1")
        return self

    @property
    def area(self) -> float:
        """Share of the picture, in (0, 1]."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)


class RegionKind(StrEnum):
    """What a region shows. Weapons and fire explain a score; faces and plates are found for privacy only."""

    WEAPONS = "weapons"
    FIRE = "fire"
    FACE = "face"
    PLATE = "plate"


class Redaction(StrEnum):
    """What can be blurred in the copy of an image that an answer carries."""

    HARM = "harm"
    """The places that explain a harmful category; the whole picture where it is harmful and no place explains it."""
    FACE = "face"
    PLATE = "plate"
    PICTURE = "picture"
    """All of it."""


class Region(Value):
    """A place in a picture, and how sure the model is at its surest point."""

    kind: RegionKind
    box: Box
    prob: Probability


class TextRegion(Value):
    """A line of text read in a picture. `confidence` is the reader's own and is not calibrated."""

    box: Box
    text: str
    confidence: Probability


class ImageEvidence(Value):
    """What was seen in one image of an item.

    Attributes:
        index: which of the item's images, from 0.
        format: the file's format, such as `JPEG`.
        width: of the upright picture, in pixels.
        height: of the upright picture, in pixels.
        n_frames: frames in the file, of which a sample was looked at.
        text_found: the gate saw text; when False nothing was read.
        text_read: it was read. Text found and not read is a gap: the decision asks for a review.
        text: the text read, lines in reading order; empty when there was none.
        text_regions: the lines with their places.
        regions: places that explain a score, or that privacy asks to blur.

    """

    index: Count
    format: str
    width: Count
    height: Count
    n_frames: Count
    text_found: bool = False
    text_read: bool = False
    text: str = ""
    text_regions: tuple[TextRegion, ...] = ()
    regions: tuple[Region, ...] = ()


class MatchKind(StrEnum):
    """How known content was recognised."""

    EXACT = "exact"
    PDQ = "pdq"
    NEAR_TEXT = "near_text"
    IMAGE_EMBEDDING = "image_embedding"
    TEXT_EMBEDDING = "text_embedding"


class KnownMatch(Value):
    """One item of a bank that the content matched.

    Attributes:
        bank: the bank's name.
        item_id: the item in it.
        kind: how it was recognised.
        distance: 0 for an exact match; differing bits for PDQ; `1 - similarity` for the others.
        input: the part of the content: `text` or `images[0]`.

    """

    bank: str
    item_id: str
    kind: MatchKind
    distance: Annotated[float, Field(ge=0.0)]
    input: str


class TextSpan(Value):
    """Words of a text that carry a category's score: where they are, never what they say.

    Attributes:
        category: whose score.
        start, end: Unicode code points of the text as posted, from 0; the end is exclusive.
        weight: how surely these words carry it; below 0.5 they are the best there are.

    """

    category: Category
    start: Count
    end: Count
    weight: Fraction

    @model_validator(mode="after")
    def _has_characters(self) -> Self:
        if self.start >= self.end:
            raise ValueError("a span has start < end")
        return self


class SpanState(StrEnum):
    """What became of the question which words carry the scores."""

    FOUND = "found"
    """The spans say it. There are none where no category's score is high, or no single words carry it."""
    UNSUPPORTED = "unsupported"
    """The loaded text model cannot say it."""
    MISSED = "missed"
    """There was no room or no time to look; the decision stands, and asking again may help."""
    NOT_KEPT = "not_kept"
    """They were in the first answer, of which this is a stored copy."""


class Evidence(Value):
    """Everything that was seen in one item.

    Attributes:
        images: what was seen in each of its images.
        matches: known content.
        spans: words of its text that carry a category's score, by category and place; only where it was asked.
        spans_state: what became of that question; None where nobody asked.

    """

    images: tuple[ImageEvidence, ...] = ()
    matches: tuple[KnownMatch, ...] = ()
    spans: tuple[TextSpan, ...] = ()
    spans_state: SpanState | None = None
