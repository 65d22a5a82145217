"""The files of jobs: inputs that wait to be decided, in one folder that all workers share."""

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from sqlalchemy.engine import make_url

from service.settings import Settings

_UPLOAD: Final = ".upload"
_INPUT: Final = ".input"
_ABANDONED_S: Final = 86_400
"""An upload that nothing was added to for so long is nobody's any more."""


class JobFiles:
    """Names, opens and deletes input files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, job_id: str, upload_id: str) -> Path:
        """Where an upload goes until it is complete."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder / f"{job_id}.{upload_id}{_UPLOAD}"

    def complete(self, upload: Path) -> str:
        """Make a complete upload an input; its name. It is not the job's before the database says so."""
        name = upload.name.removesuffix(_UPLOAD) + _INPUT
        upload.rename(self._folder / name)
        return name

    def path(self, name: str) -> Path:
        """Of an input."""
        return self._folder / name

    def open(self, name: str) -> IO[bytes]:
        """An input.

        Raises:
            OSError: It cannot be read.

        """
        return self.path(name).open("rb")

    def delete(self, name: str | None) -> None:
        """Delete an input, if it is there."""
        if name:
            with suppress(OSError):
                self.path(name).unlink()

    def delete_strays(self, known: Iterable[str]) -> int:
        """Delete uploads that were given up and inputs that no job has; says how many."""
        names, oldest, n_deleted = set(known), time.time() - _ABANDONED_S, 0
        for file in self._folder.glob("*") if self._folder.is_dir() else ():
            if file.suffix in (_UPLOAD, _INPUT) and file.name not in names:
                with suppress(OSError):
                    if file.stat().st_mtime < oldest:
                        file.unlink()
                        n_deleted += 1
        return n_deleted


def job_folder(settings: Settings) -> Path:
    """The folder of jobs: as set, or beside the database file, or in the current folder."""
    if settings.jobs_dir is not None:
        return settings.jobs_dir
    url = make_url(settings.database_url)
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return (Path(str(url.database)).parent if is_file else Path.cwd()) / "jobs"
