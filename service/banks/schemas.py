"""Wire types of the bank routes: requests are read by them, and the OpenAPI document is made of them."""

from typing import Annotated, Final, Self

from pydantic import BaseModel, Field, model_validator

from models.contracts import Action, Category, KnownMatch
from models.contracts.base import Value
from service.banks.exchange import ListFormat, SignalType
from service.banks.values import Bank, BankDraft, BankPatch, Hex256, Item, ItemPatch, Labels, Line

MAX_TEXT_CHARS: Final = 100_000
MAX_IMAGES: Final = 16
MAX_SHOWN_SKIPS: Final = 1_000

BankText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARS)]


class BankImage(Value):
    """A picture as a `data:` URL with base64 content; the service fetches nothing."""

    url: str


class ItemDraft(Value):
    """An item: a text, or a picture, or the signatures of one. Content is signed and forgotten."""

    text: BankText | None = None
    image: BankImage | None = None
    pdq: Hex256 | None = None
    sha256: Hex256 | None = None
    note: Line = ""
    labels: Labels = ()

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        kinds = (self.text is not None, self.image is not None, self.pdq is not None or self.sha256 is not None)
        if sum(kinds) != 1:
            raise ValueError("an item is one of text, image, or signatures (pdq, sha256 or both)")
        return self


class ImportRequest(Value):
    """A hash list. `type` is that of rows that name none."""

    format: ListFormat
    content: str
    type: SignalType | None = None


class LookupRequest(Value):
    """Content to look up in the banks. Nothing is counted, decided or recorded."""

    text: BankText | None = None
    images: Annotated[tuple[BankImage, ...], Field(max_length=MAX_IMAGES)] = ()

    @model_validator(mode="after")
    def _is_not_empty(self) -> Self:
        if self.text is None and not self.images:
            raise ValueError("there is a text, or at least one image")
        return self


class BanksResponse(Value):
    """All banks by name. `n_stale_embeddings` are ignored, because another model bundle made them."""

    banks: tuple[Bank, ...]
    revision: int
    n_stale_embeddings: int


class ItemsResponse(Value):
    """A page of items; `next_after` asks for the next one, null when there is none."""

    items: tuple[Item, ...]
    next_after: str | None


class AddedResponse(Value):
    """The item in the bank; it was there before when `is_new` is false."""

    item: Item
    is_new: bool


class DeletedResponse(Value):
    """How many items went with the bank."""

    n_items: int


class SkippedRow(Value):
    """A row that could not be used; lines count from 1."""

    line: int
    reason: str


class ImportResponse(Value):
    """How an import went; `skipped` shows the first thousand of `n_skipped`."""

    n_rows: int
    n_added: int
    n_duplicates: int
    n_skipped: int
    skipped: tuple[SkippedRow, ...]


class LookupVerdict(Value):
    """What a bank that matched would have done."""

    bank: str
    category: Category
    action: Action
    review: bool
    message: str


class LookupResponse(Value):
    """What the banks know of the content: matches that count, and those that negative banks suppress."""

    matches: tuple[KnownMatch, ...]
    verdicts: tuple[LookupVerdict, ...]
    suppressed: tuple[KnownMatch, ...]
    cleared_by: tuple[KnownMatch, ...]


BANK_REQUESTS: Final[tuple[type[BaseModel], ...]] = (
    BankDraft,
    BankPatch,
    ItemDraft,
    ItemPatch,
    ImportRequest,
    LookupRequest,
)
BANK_RESPONSES: Final[tuple[type[BaseModel], ...]] = (
    Bank,
    Item,
    BanksResponse,
    ItemsResponse,
    AddedResponse,
    DeletedResponse,
    ImportResponse,
    LookupResponse,
)
