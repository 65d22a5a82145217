"""Origin: where files come from: a mirror, the network, or the mirror first and the network for the rest."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from models.data.download import Downloader
from models.data.errors import DataError, MissingFileError
from models.data.mirror import EXCLUDE_FILE, Mirror, verify
from models.data.registry import Registry, Source, SourceFile, select

_PACKAGE = Path(__file__).parent
TEXT_FOLDER = "text"
"""Where a mirror that also holds other modalities keeps its text sets."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Reads files from a mirror, and from a downloader what the mirror lacks."""

    mirror: Mirror | None
    downloader: Downloader | None

    def read(self, source: Source, file: SourceFile) -> bytes:
        """The unpacked, verified content of one file.

        Raises:
            DataError: neither has it; the message says what to do.

        """
        if source.packaged:
            return _read_packaged(source, file)
        if self.mirror is not None:
            try:
                return self.mirror.read(source, file)
            except MissingFileError:
                if self.downloader is None:
                    raise
        if self.downloader is None:
            raise DataError("no data: give a mirror (--mirror or WEIR_DATA_MIRROR) or allow --download")
        return self.downloader.read(source, file)

    def exclusions(self) -> frozenset[str] | None:
        """The mirror's exclusion list, if there is one."""
        return None if self.mirror is None else self.mirror.exclusions()

    def offered(self, registry: Registry, ids: Collection[str] | None) -> tuple[Source, ...]:
        """The sets asked for; without a mirror and a wish, those that can be downloaded."""
        chosen = select(registry, ids)
        if ids is None and self.mirror is None:
            return tuple(source for source in chosen if source.downloadable)
        return chosen


def _read_packaged(source: Source, file: SourceFile) -> bytes:
    content = (_PACKAGE / source.folder / file.name).read_bytes()
    verify(source.id, file, content)
    return content


def open_mirror(root: Path | None) -> Mirror | None:
    """The mirror at a folder, or at its `text` folder when the sets lie there.

    Raises:
        DataError: the folder does not exist.

    """
    if root is None:
        return None
    if not root.is_dir():
        raise DataError(f"the mirror {root} is not a folder")
    inner = root / TEXT_FOLDER
    return Mirror(inner if (inner / EXCLUDE_FILE).is_file() else root)
