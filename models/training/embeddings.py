"""Embeddings: what the frozen encoder makes of every text, computed once and kept by digest.

Baselines, drift references and similarity read them instead of computing them again. Beside the dataset:

    embeddings.npy        float16 (n, hidden), rows of length 1
    embeddings.digests    n lines, the sha256 of each row's text
    embeddings.json       the encoder they came from
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from models.runtime.tokenization import TextTokenizer
from models.training.config import Precision
from models.training.device import autocast
from models.training.encoder import find_encoder, load_encoder, pool, read_encoder_tokenizer
from models.training.errors import CheckpointError
from models.training.predict import WINDOW_STRIDE, run_windows

Embeddings = NDArray[np.float16]
Report = Callable[[str, int, int], None]

MAX_TOKENS = 128
CHUNK_ROWS = 2048
SAVE_EVERY_ROWS = 20 * CHUNK_ROWS


def embed(encoder: PreTrainedModel, tokenizer: Tokenizer, texts: Sequence[str]) -> Embeddings:
    """Mean-pooled, length 1; a long text is the mean of its windows. *Shape:* `(n,)` texts to `(n, hidden)`."""
    reader = TextTokenizer(tokenizer, MAX_TOKENS, WINDOW_STRIDE)
    device = torch.device("cpu")
    with torch.inference_mode(), autocast(device, Precision.BFLOAT16):
        sums = run_windows(partial(pool, encoder), reader, texts, device=device, padded_tokens=4096, merge=np.add)
    rows: Embeddings = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float16)
    return rows


class EmbeddingStore:
    """The embeddings of one dataset by one encoder."""

    def __init__(self, folder: Path, encoder: str = "wheel", threads: int = 1) -> None:
        self._folder = folder
        self._encoder = encoder
        self._threads = threads

    def load(self) -> tuple[list[str], Embeddings]:
        """Digests and rows, as stored; nothing where nothing was computed.

        Raises:
            CheckpointError: they came from another encoder, or the files do not fit each other.

        """
        digests_path, matrix_path = self._paths()
        if not matrix_path.is_file():
            return [], np.empty((0, 0), dtype=np.float16)
        if json.loads(matrix_path.with_suffix(".json").read_text(encoding="utf-8"))["encoder"] != self._encoder:
            raise CheckpointError(f"{matrix_path} came from another encoder; remove it to use '{self._encoder}'")
        digests, matrix = digests_path.read_text(encoding="utf-8").split(), np.load(matrix_path)
        if len(digests) != len(matrix):
            raise CheckpointError(f"{matrix_path} and {digests_path} do not fit; remove both and compute them again")
        return digests, matrix

    def lookup(self, digests: Sequence[str]) -> Embeddings:
        """The rows of some digests, in their order. *Shape:* `(n, hidden)`.

        Raises:
            CheckpointError: one was never computed.

        """
        known, matrix = self.load()
        row_of = {digest: row for row, digest in enumerate(known)}
        missing = sum(digest not in row_of for digest in digests)
        if missing:
            raise CheckpointError(f"{missing} texts have no embedding yet; run `weir train embeddings`")
        return matrix[[row_of[digest] for digest in digests]]

    def extend(self, texts: Mapping[str, str], report: Report = lambda _stage, _done, _total: None) -> int:
        """Compute what is missing and store it; a kill loses at most the rows since the last save.

        Args:
            texts: normalised texts by digest.
            report: told the stage, rows done and rows to do.

        Returns:
            How many were computed.

        """
        digests, matrix = self.load()
        known = set(digests)
        missing = [digest for digest in sorted(texts) if digest not in known]
        if not missing:
            return 0
        location, _ = find_encoder(self._encoder)
        encoder, tokenizer = load_encoder(location).eval(), read_encoder_tokenizer(location)
        for start in range(0, len(missing), SAVE_EVERY_ROWS):
            stretch = missing[start : start + SAVE_EVERY_ROWS]
            chunks = [stretch[first : first + CHUNK_ROWS] for first in range(0, len(stretch), CHUNK_ROWS)]
            rows = [] if matrix.size == 0 else [matrix]
            with ThreadPoolExecutor(self._threads) as threads:
                work = threads.map(lambda chunk: embed(encoder, tokenizer, [texts[d] for d in chunk]), chunks)
                for position, done in enumerate(work, start=1):
                    rows.append(done)
                    report("embedding", min(start + position * CHUNK_ROWS, len(missing)), len(missing))
            matrix = np.concatenate(rows)
            digests += stretch
            self._save(digests, matrix)
        return len(missing)

    def _paths(self) -> tuple[Path, Path]:
        return self._folder / "embeddings.digests", self._folder / "embeddings.npy"

    def _save(self, digests: list[str], matrix: Embeddings) -> None:
        """Replace the files. The digests come last, so that a kill in between is noticed by `load`."""
        digests_path, matrix_path = self._paths()
        matrix_path.with_suffix(".json").write_text(json.dumps({"encoder": self._encoder}) + "\n", encoding="utf-8")
        partial_path = self._folder / "embeddings.partial.npy"
        np.save(partial_path, matrix)
        partial_path.replace(matrix_path)
        partial_text = self._folder / "embeddings.partial.digests"
        partial_text.write_text("\n".join(digests) + "\n", encoding="utf-8")
        partial_text.replace(digests_path)
