"""Adding content: what people give to a bank, signed and stored one by one; one bad picture stops no other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.runtime.vision.limits import MediaLimits
from service.banks.reading import read_data_url
from service.banks.rows import NewItem
from service.banks.schemas import ItemDraft
from service.banks.signatures import Signatures
from service.banks.signing import Signer, UnsignableError, image_signatures, text_signatures
from service.banks.store import BankStore

PICTURES: Final = frozenset({".jpg", ".jpeg", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff"})
"""Endings of the files that are taken from a folder; a file that is named itself is taken whatever it is called."""


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that is no picture that can be read, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class AddReport:
    """How adding pictures went."""

    n_added: int
    n_duplicates: int
    skipped: tuple[SkippedFile, ...]


def sign_draft(draft: ItemDraft, signer: Signer) -> NewItem:
    """The item of a draft; its content is forgotten.

    Raises:
        UnsignableError: The content has no fingerprint.
        RequestError: The picture's address is not a `data:` URL.

    """
    return NewItem(_signatures(draft, signer), draft.note, draft.labels)


def _signatures(draft: ItemDraft, signer: Signer) -> Signatures:
    if draft.text is not None:
        return text_signatures(signer, draft.text)
    if draft.image is not None:
        return image_signatures(signer, read_data_url(draft.image.url, "image.url"))
    return Signatures(
        sha256=None if draft.sha256 is None else bytes.fromhex(draft.sha256),
        pdq=None if draft.pdq is None else bytes.fromhex(draft.pdq),
    )


def find_pictures(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are; of folders every file that is called like a picture, at any depth, in order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in PICTURES and file.is_file())
        else:
            yield path


def add_pictures(
    store: BankStore,
    bank: str,
    files: Sequence[Path],
    signer: Signer,
    note: str = "",
    labels: Sequence[str] = (),
    on_file: Callable[[], None] = lambda: None,
) -> AddReport:
    """Add picture files, each in a transaction of its own.

    Args:
        store: of the banks.
        bank: its name.
        files: picture files.
        signer: looks at them.
        note: of each.
        labels: of each.
        on_file: called after each.

    Raises:
        UnknownBankError: There is no such bank.

    """
    n_added, skipped = 0, []
    for path in files:
        try:
            signatures = image_signatures(signer, _read(path))
        except (UnsignableError, OSError) as error:
            reason = str(error) if isinstance(error, UnsignableError) else "it cannot be read"
            skipped.append(SkippedFile(path, reason))
        else:
            n_added += store.add_many(bank, [NewItem(signatures, note, labels)])
        on_file()
    return AddReport(n_added, len(files) - n_added - len(skipped), tuple(skipped))


def _read(path: Path) -> bytes:
    """The file, or a little more than the longest that is looked at."""
    with path.open("rb") as file:
        return file.read(MediaLimits().max_bytes + 1)
