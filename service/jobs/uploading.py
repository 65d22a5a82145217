"""Uploading: the body of a request straight to a file, a piece at a time, whatever its length."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Final

from starlette.requests import ClientDisconnect

from service.errors import RequestError, invalid
from service.faults import describe

_PIECE: Final = 1024 * 1024
"""Bytes that are held before they are written."""

logger = logging.getLogger("bentoml.weir.jobs")


async def receive(body: AsyncIterator[bytes], path: Path, max_bytes: int) -> int:
    """Write a body to a new file; its length. What is not complete is deleted.

    Raises:
        RequestError: It has more than `max_bytes` (413) or none (400), its client has gone (400), or the disk takes
            no more (507).

    """
    try:
        return await _write(body, path, max_bytes)
    except ClientDisconnect:
        path.unlink(missing_ok=True)
        raise invalid("incomplete_body", "the connection ended before the body did") from None
    except OSError as error:
        path.unlink(missing_ok=True)
        logger.error("an input cannot be stored: %s", describe(error))  # noqa: TRY400 - it names the file
        raise RequestError(507, "storage_unavailable", "the folder of jobs takes no more; tell its operator") from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise


async def _write(body: AsyncIterator[bytes], path: Path, max_bytes: int) -> int:
    file = await asyncio.to_thread(_create, path)
    try:
        n_bytes = await _copy(body, file, max_bytes)
    finally:
        await asyncio.to_thread(file.close)
    if not n_bytes:
        raise invalid("empty_body", "the input is empty")
    return n_bytes


def _create(path: Path) -> IO[bytes]:
    """A new file that nobody else may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


async def _copy(body: AsyncIterator[bytes], file: IO[bytes], max_bytes: int) -> int:
    held = bytearray()
    n_bytes = 0
    async for piece in body:
        held += piece
        n_bytes += len(piece)
        if n_bytes > max_bytes:
            raise RequestError(413, "body_too_large", f"an input has at most {max_bytes} bytes")
        if len(held) >= _PIECE:
            await asyncio.to_thread(file.write, bytes(held))
            held.clear()
    await asyncio.to_thread(file.write, bytes(held))
    return n_bytes
