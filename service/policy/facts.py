"""Facts: what a policy may know of an item besides its scores."""

from dataclasses import dataclass
from typing import Final

from models.contracts import NO_CONTEXT, Context, KnownMatch, Modality


@dataclass(frozen=True, slots=True)
class Facts:
    """One item's facts.

    Attributes:
        tenant: whose item it is.
        endpoint: the product surface where the caller did not name one, such as `decisions`.
        context: what the caller said of it.
        modalities: the kinds of input that it brings.
        text: normalised, as posted; empty when there is none.
        words: read in its images and normalised: one line an image, an empty one where nothing was read.
        matches: known content that it matched.

    """

    tenant: str
    endpoint: str
    context: Context = NO_CONTEXT
    modalities: frozenset[Modality] = frozenset({Modality.TEXT})
    text: str = ""
    words: str = ""
    matches: tuple[KnownMatch, ...] = ()

    @property
    def surface(self) -> str:
        """Where the item appears."""
        return self.context.surface or self.endpoint


NO_FACTS: Final = Facts("default", "decisions")
"""An item of which nothing but its scores is known, for previews and measurements."""
