"""Mirror: a folder that holds the files of the sets, plain or gzipped, verified on every read."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from models.data.errors import ChecksumError, MissingFileError
from models.data.registry import Source, SourceFile

EXCLUDE_FILE = "exclude.sha256"


def verify(source_id: str, file: SourceFile, content: bytes) -> None:
    """Check the unpacked content against the registry.

    Raises:
        ChecksumError: size or digest differ.

    """
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise ChecksumError(
            f"{source_id}/{file.name}: sha256 is {found} at {len(content)} bytes, "
            f"the registry says {file.sha256} at {file.n_bytes}"
        )


@dataclass(frozen=True, slots=True)
class Mirror:
    """A folder `<root>/<set>/<file>[.gz]`, with `exclude.sha256` at its top."""

    root: Path

    def read(self, source: Source, file: SourceFile) -> bytes:
        """The unpacked content of one file.

        Raises:
            MissingFileError: neither the plain nor the gzipped file is there.
            ChecksumError: it is another file.

        """
        plain = self.root / source.folder / file.name
        packed = plain.with_name(f"{file.name}.gz")
        if plain.is_file():
            content = plain.read_bytes()
        elif packed.is_file():
            content = gzip.decompress(packed.read_bytes())
        else:
            raise MissingFileError(f"{source.id}: {source.folder}/{file.name} is not in the mirror {self.root}")
        verify(source.id, file, content)
        return content

    def exclusions(self) -> frozenset[str] | None:
        """Digests of texts that must never be trained on, or None where the mirror has no list."""
        path = self.root / EXCLUDE_FILE
        return frozenset(path.read_text(encoding="ascii").split()) if path.is_file() else None
