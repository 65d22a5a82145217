"""Download: files of the sets from their public origins, verified and kept."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from models.data.errors import ChecksumError, DataError, MissingFileError
from models.data.mirror import Mirror, verify
from models.data.registry import Source, SourceFile

BASE_URL: Final = "https://raw.githubusercontent.com"
TIMEOUT_S: Final = 60.0


class DownloadError(DataError):
    """The origin did not answer with the file."""


class AssembledError(DataError):
    """The file is not published in this form, so only a mirror has it."""


def url_of(file: SourceFile, base_url: str = BASE_URL) -> str:
    """Where the public origin serves the file, at the registry's commit."""
    return f"{base_url}/{quote(f'{file.repo}/{file.commit}/{file.path}')}"


@dataclass(frozen=True, slots=True)
class Downloader:
    """Fetches files once into a folder laid out as a mirror.

    Attributes:
        client: decides timeouts and proxies.
        cache: where verified files are kept.
        base_url: of the origin; another one in tests and behind a caching proxy.

    """

    client: httpx.Client
    cache: Path
    base_url: str = BASE_URL

    def read(self, source: Source, file: SourceFile) -> bytes:
        """The file's content, from the cache or the network.

        Raises:
            AssembledError: the registry says that the public file is another one.
            DownloadError: no answer, or not the file.
            ChecksumError: the answer is another file; nothing is kept.

        """
        try:
            return Mirror(self.cache).read(source, file)
        except (MissingFileError, ChecksumError):
            content = self._fetch(source, file)
        verify(source.id, file, content)
        _keep(self.cache / source.folder / file.name, content)
        return content

    def _fetch(self, source: Source, file: SourceFile) -> bytes:
        if not file.verbatim:
            raise AssembledError(
                f"{source.id}: {file.name} is assembled from its public origin and cannot be downloaded as it is; "
                "give a mirror that has it (--mirror) or leave the set out (--sources)"
            )
        url = url_of(file, self.base_url)
        try:
            answer = self.client.get(url, follow_redirects=True)
        except httpx.HTTPError as error:
            raise DownloadError(f"{source.id}: {url} failed: {type(error).__name__}") from error
        if answer.status_code != httpx.codes.OK:
            raise DownloadError(f"{source.id}: {url} answered {answer.status_code}")
        return answer.content


def _keep(path: Path, content: bytes) -> None:
    """Write a file so that it is there completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
