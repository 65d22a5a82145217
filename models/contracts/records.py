"""Records: what is kept of a decision. A keyed digest and features, never the content itself."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from models.contracts.base import Value
from models.contracts.decision import Action, BundleReference, PolicyReference
from models.contracts.scores import Probability, ScoreSource
from models.contracts.taxonomy import Category, Modality

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]

VECTOR_SIZE: Final = 32
"""Dimensions, and bytes, of a projected embedding as records keep it: int8."""
VECTOR_SCALE: Final = 127.0
"""The byte that stands for 1.0. Projections of vectors of length 1 stay within about 0.7."""


class TextFeatures(Value):
    """What monitoring may know of a text. Shares are of characters, in [0, 1], unless they say otherwise.

    Attributes:
        language: ISO 639 code of the language that most of it is in; `und` where that cannot be told.
        script: ISO 15924 code of the writing system of most of its letters, such as `Latn`; `Zyyy` without letters.
        n_urls: addresses in it, which normalisation masks.
        n_emoji: emoji in it.
        altered_share: characters that normalisation removed or replaced because they disguise, such as invisible,
            full-width and stacked ones.
        disguised_share: of words, those that look disguised: letters mixed with digits or signs, of two scripts,
            starred out, or spaced apart.

    """

    n_chars: Count
    n_tokens: Count
    n_windows: Count
    ascii_share: Share
    upper_share: Share
    digit_share: Share
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] = "und"
    script: Annotated[str, Field(pattern=r"^[A-Z][a-z]{3}$")] = "Zyyy"
    n_urls: Count = 0
    n_emoji: Count = 0
    altered_share: Share = 0.0
    disguised_share: Share = 0.0


class ImageFeatures(Value):
    """What monitoring may know of an item's images: of the first one, unless it says otherwise.

    Attributes:
        n_images: images of the item.
        width: in pixels.
        height: in pixels.
        brightness: mean luma, 0 (black) to 1 (white).
        n_frames: frames in the file.
        n_text_chars: characters read in all images.

    """

    n_images: Count
    width: Count
    height: Count
    brightness: Share
    n_frames: Count
    n_text_chars: Count


class DecisionRecord(Value):
    """One decision as the log keeps it.

    `content_digest` is a keyed BLAKE2b-256 (hex) of the normalised text, or of it and the digests of the images:
    equal content is recognisable inside one deployment, and nobody without the key can test a guess. `sources` says
    where scores came from that did not come from the text alone; an absent category's score did. `latency_ms` runs
    from the parsed request to the decision.
    """

    decision_id: str
    decided_at: datetime
    tenant: str
    surface: str
    modalities: tuple[Modality, ...]
    content_digest: str
    features: TextFeatures | None
    image_features: ImageFeatures | None = None
    scores: dict[Category, Probability]
    sources: dict[Category, ScoreSource] = Field(default_factory=dict)
    action: Action
    review: bool
    flagged: bool
    policy: PolicyReference
    bundles: tuple[BundleReference, ...]
    latency_ms: Annotated[float, Field(ge=0.0)]
