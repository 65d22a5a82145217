"""Content: what a person posted, as Weir receives it."""

from typing import Annotated

from pydantic import StringConstraints

from models.contracts.base import Value
from models.contracts.context import NO_CONTEXT, Context
from models.contracts.taxonomy import Modality

ContentId = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class ImageReference(Value):
    """An image by address: an `https:` URL or a `data:` URL with base64 content."""

    url: str


class Content(Value):
    """One item to decide on: a text, images, or both.

    Attributes:
        id: the caller's own name for the item; echoed in the answer, never interpreted.
        text: the text as posted. Limits on its size are the service's, not the contract's.
        images: images posted with it.
        previous: the turn of the conversation that the text answers, read with it and decided on by nobody. It is
            neither stored nor logged.
        context: what else the caller knows of it.

    """

    id: ContentId | None = None
    text: str | None = None
    images: tuple[ImageReference, ...] = ()
    previous: str | None = None
    context: Context = NO_CONTEXT

    @property
    def modalities(self) -> frozenset[Modality]:
        """The kinds of input that this item brings."""
        present = {Modality.TEXT} if self.text is not None else set()
        return frozenset(present | ({Modality.IMAGE} if self.images else set()))
