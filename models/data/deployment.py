"""Deployment: a file of labels from reviewers as one more set of a data set, beside those of the registry."""

import hashlib
from pathlib import Path
from typing import Final

from models.data.errors import DataError
from models.data.loaders.reviewed import reviewed
from models.data.registry import Source, SourceFile
from models.data.rows import Row

SOURCE_ID: Final = "weir_reviews"
HOW_TO_EXPORT: Final = "`weir labels export --out FILE.jsonl --with-content` (or `--join`) writes one"


def read_labels(path: Path) -> tuple[list[Row], bytes]:
    """The examples of a file that `weir labels export` wrote, and its bytes.

    Raises:
        DataError: it cannot be read, or a line is no example.

    """
    try:
        content = path.read_bytes()
        lines = content.decode().split("\n")
    except (OSError, UnicodeDecodeError):
        raise DataError(f"{path}: cannot be read as JSON lines; {HOW_TO_EXPORT}") from None
    rows: list[Row] = []
    for number, line in enumerate(lines, 1):
        try:
            rows += reviewed({path.name: line})
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DataError(f"{path}:{number}: not an example with labels and a weight; {HOW_TO_EXPORT}") from None
    return rows, content


def reviewed_source(path: Path) -> Source:
    """The set of a file that `weir labels export` wrote; split by time, as traffic is.

    Raises:
        DataError: it cannot be read, or a line is no example.

    """
    _, content = read_labels(path)
    file = SourceFile(name=path.name, n_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    return Source(
        id=SOURCE_ID,
        folder=str(path.resolve().parent),
        licence="own",
        files=(file,),
        note="what reviewers of this deployment said",
        chronological=True,
        packaged=True,
    )
