"""Registry: every text set, its public origin, licence and checksums. The entries are data: `registry.toml`."""

import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.contracts.base import Value
from models.contracts.decision import Sha256
from models.data.errors import UnknownSourceError

_REGISTRY = Path(__file__).with_name("registry.toml")


class SourceFile(Value):
    """One file of a set.

    Attributes:
        name: in the mirror, or in this package.
        n_bytes: unpacked size.
        sha256: of the unpacked file.
        repo: `owner/name` on GitHub; None for a file of this package.
        commit: 40 hex digits; likewise.
        path: inside the repository; likewise.
        verbatim: the public file byte for byte; otherwise it cannot be downloaded directly.

    """

    name: str
    n_bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256
    repo: str | None = None
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    path: str | None = None
    verbatim: bool = True


class Source(Value):
    """One text set. `folder` is its place in the mirror; `role` "probe" means evaluation by group only.

    A `packaged` set was written for Weir: its `folder` is one of this package, and no mirror has it.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    folder: str
    licence: str
    files: tuple[SourceFile, ...] = Field(min_length=1)
    note: str = ""
    chronological: bool = False
    packaged: bool = False
    role: Literal["examples", "probe"] = "examples"

    @model_validator(mode="after")
    def _says_where_files_come_from(self) -> Self:
        for file in self.files:
            if (None in (file.repo, file.commit, file.path)) != self.packaged:
                raise ValueError(f"{self.id}: a file has repo, commit and path unless its set is packaged")
        return self

    @property
    def downloadable(self) -> bool:
        """Whether every file can be fetched from its public origin as it is."""
        return all(file.verbatim for file in self.files)


Registry = Mapping[str, Source]


def parse_registry(text: str) -> dict[str, Source]:
    """Registry entries by id, in file order.

    Raises:
        ValueError: two entries share an id, or an entry is malformed.

    """
    sources = [Source.model_validate(entry) for entry in tomllib.loads(text)["source"]]
    by_id = {source.id: source for source in sources}
    if len(by_id) != len(sources):
        raise ValueError("registry ids are distinct")
    return by_id


@cache
def load_registry() -> dict[str, Source]:
    """The registry that ships with the package."""
    return parse_registry(_REGISTRY.read_text(encoding="utf-8"))


def select(registry: Registry, ids: Collection[str] | None) -> tuple[Source, ...]:
    """The sources named, in registry order; all of them for None.

    Raises:
        UnknownSourceError: an id the registry does not hold.

    """
    unknown = sorted(set(ids or ()) - set(registry))
    if unknown:
        raise UnknownSourceError(f"unknown data sets: {', '.join(unknown)}; `weir data list` names them all")
    return tuple(source for source in registry.values() if ids is None or source.id in ids)
