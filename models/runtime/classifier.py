"""The text classifier: a bundle at work. The hot path of serving, so numpy on whole batches and no loop over tokens.

The steps are separate, because a server runs them in different places: `prepare` as requests come in, `plan` and
`infer` where batches form, `pool` and `probabilities` on the way out. `score` does all of them for scripts and tests.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.contracts.records import TextFeatures
from models.contracts.taxonomy import Category
from models.runtime.batching import TokenIds, mean_windows, pad_windows, plan_batches, pool_windows, run_batches
from models.runtime.bundle import MODEL_FILE, TOKENIZER_FILE, BundleError, BundleInvalidError, TextBundle
from models.runtime.calibration import BatchCalibration, batch_calibration
from models.runtime.disguise import altered_share
from models.runtime.features import text_features
from models.runtime.normalization import normalize
from models.runtime.tokenization import LocatedText, TextTokenizer, TokenizedText, open_tokenizer
from models.runtime.undisguise import READING

Float32s = NDArray[np.float32]

DEFAULT_MAX_BATCH_TOKENS = 4096
LOG_ERRORS_ONLY = 3


class NoEmbeddingError(BundleError):
    """The bundle's model has no output `embedding`: it was exported before models had one."""


class NoTokenLogitsError(BundleError):
    """The bundle's model has no output `token_logits`: it was exported before models had one."""


@dataclass(frozen=True, slots=True)
class PreparedText:
    """A text ready to be scored.

    Attributes:
        text: normalised; empty when nothing visible was there, which the caller has to refuse.
        windows: token ids, *Shape:* `(t,)` each, special tokens included.
        n_tokens: tokens of the text, special tokens not counted.
        features: what monitoring may keep.

    """

    text: str
    windows: tuple[TokenIds, ...]
    n_tokens: int
    features: TextFeatures


class TextClassifier:
    """Scores texts with one bundle, on one thread.

    A score does not depend on what else is in the batch, and `infer` may be called from several threads. Open one with
    `open_classifier`.
    """

    def __init__(
        self,
        bundle: TextBundle,
        session: ort.InferenceSession,
        tokenizer: TextTokenizer,
        calibration: BatchCalibration,
    ) -> None:
        self.bundle = bundle
        self._session = session
        self._tokenizer = tokenizer
        self._calibration = calibration

    @property
    def labels(self) -> tuple[Category, ...]:
        """The categories it scores, in the order of its columns."""
        return self.bundle.manifest.labels

    @property
    def digest(self) -> str:
        """sha256 of all that decides a score: the bundle, and the reading of disguises where it has one."""
        if self.bundle.manifest.spelling == "as-written":
            return self.bundle.digest
        return hashlib.sha256(f"{self.bundle.digest} read by {READING}".encode()).hexdigest()

    def prepare(self, texts: Sequence[str], previous: Sequence[str | None] | None = None) -> list[PreparedText]:
        """Normalise, tokenise and describe texts. One batch of tokenisation, however many texts.

        Args:
            texts: as posted.
            previous: the turn of the conversation before each text, as posted; None or empty where there is none.
                Left out if the model was not trained with it (`manifest.previous_tokens` is 0). *Shape:* `(n,)`.

        Raises:
            InvalidTextError: a text, or a turn that is read, holds a lone surrogate.

        """
        normal = [normalize(text) for text in texts]
        tokenized = self._tokenizer.tokenize(normal, self._turns(previous))
        return [_prepared(*entry) for entry in zip(texts, normal, tokenized, strict=True)]

    def _turns(self, previous: Sequence[str | None] | None) -> list[str] | None:
        """Previous turns normalised; None where none is read."""
        if previous is None or not self._tokenizer.previous_tokens or not any(previous):
            return None
        return [normalize(turn) if turn else "" for turn in previous]

    def locate(self, text: str) -> LocatedText:
        """Tokenise one normalised text as `prepare` does, and keep where its tokens are."""
        return self._tokenizer.locate(text)

    def plan(self, lengths: Sequence[int], max_batch_tokens: int = DEFAULT_MAX_BATCH_TOKENS) -> list[list[int]]:
        """Batches of window indices, of similar length and at most `max_batch_tokens` padded tokens each."""
        return plan_batches(lengths, max_batch_tokens)

    def infer(self, windows: Sequence[TokenIds]) -> Float32s:
        """Run the model once.

        Args:
            windows: one or more windows of prepared texts.

        Returns:
            Logits. *Shape:* `(n_windows, n_labels + n_auxiliary)`. Not a number where the model overflowed.

        """
        ids, mask = pad_windows(windows)
        logits: Float32s = self._session.run(("logits",), {"input_ids": ids, "attention_mask": mask})[0]
        return logits

    def infer_embeddings(self, windows: Sequence[TokenIds]) -> tuple[Float32s, Float32s]:
        """Run the model once, and return what its heads read as well.

        Args:
            windows: one or more windows of prepared texts.

        Returns:
            Logits as `infer` gives them, and embeddings: the mean of the token vectors, not normalised.
            *Shape:* `(n_windows, n_labels + n_auxiliary)` and `(n_windows, embedding_size)`.

        Raises:
            NoEmbeddingError: the bundle has no embeddings (`manifest.embedding_size` is None).

        """
        if self.bundle.manifest.embedding_size is None:
            raise NoEmbeddingError(f"{self.bundle.path}: its model has no embeddings; use one exported with them")
        ids, mask = pad_windows(windows)
        logits, embeddings = self._session.run(("logits", "embedding"), {"input_ids": ids, "attention_mask": mask})
        return logits, embeddings

    def infer_tokens(self, windows: Sequence[TokenIds]) -> tuple[Float32s, list[Float32s]]:
        """Run the model once, and return what its heads say of every token as well.

        Args:
            windows: one or more windows of prepared texts.

        Returns:
            Logits as `infer` gives them, and for every window the logits of its tokens, special tokens included, whose
            mean over tokens is the window's row. *Shape:* `(n_windows, n_outputs)`, and `(t, n_outputs)` each.

        Raises:
            NoTokenLogitsError: the bundle has none (`manifest.has_token_logits` is False).

        """
        if not self.bundle.manifest.has_token_logits:
            raise NoTokenLogitsError(f"{self.bundle.path}: its model has no token logits; use one exported with them")
        ids, mask = pad_windows(windows)
        logits, tokens = self._session.run(("logits", "token_logits"), {"input_ids": ids, "attention_mask": mask})
        return logits, [rows[: len(window)] for rows, window in zip(tokens, windows, strict=True)]

    def pool_embeddings(self, embeddings: Float32s, n_windows: Sequence[int]) -> Float32s:
        """Embeddings of texts from embeddings of their windows: their mean. See `mean_windows`."""
        return mean_windows(embeddings, n_windows)

    def pool(self, logits: Float32s, n_windows: Sequence[int]) -> Float32s:
        """Logits of texts from logits of their windows: the highest of each label. See `pool_windows`."""
        return pool_windows(logits, n_windows)

    def probabilities(self, logits: Float32s) -> Float32s:
        """Calibrated probabilities. *Shape:* `(n, n_labels)`.

        A row in which any label's logit is not finite is NaN throughout: the caller must fail that item, and only
        that item.
        """
        return self._calibration.apply(logits)

    def logits(
        self,
        texts: Sequence[str],
        max_batch_tokens: int = DEFAULT_MAX_BATCH_TOKENS,
        previous: Sequence[str | None] | None = None,
    ) -> Float32s:
        """Pooled logits of raw texts, each after the turn before it if there is one. *Shape:* `(n, n_outputs)`.

        Raises:
            InvalidTextError: a text, or a turn that is read, holds a lone surrogate.

        """
        prepared = self.prepare(texts, previous)
        if not prepared:
            return np.empty((0, self.n_outputs), dtype=np.float32)
        windows = [window for one in prepared for window in one.windows]
        logits = run_batches(self.infer, windows, max_batch_tokens)
        return self.pool(logits, [len(one.windows) for one in prepared])

    def embeddings(self, texts: Sequence[str], max_batch_tokens: int = DEFAULT_MAX_BATCH_TOKENS) -> Float32s:
        """Embeddings of raw texts. *Shape:* `(n, embedding_size)`.

        Raises:
            InvalidTextError: a text holds a lone surrogate.
            NoEmbeddingError: the bundle has no embeddings.

        """
        prepared = self.prepare(texts)
        if not prepared:
            return np.empty((0, self.bundle.manifest.embedding_size or 0), dtype=np.float32)
        windows = [window for one in prepared for window in one.windows]
        embeddings = run_batches(lambda batch: self.infer_embeddings(batch)[1], windows, max_batch_tokens)
        return self.pool_embeddings(embeddings, [len(one.windows) for one in prepared])

    def score(
        self,
        texts: Sequence[str],
        max_batch_tokens: int = DEFAULT_MAX_BATCH_TOKENS,
        previous: Sequence[str | None] | None = None,
    ) -> Float32s:
        """Calibrated probabilities of raw texts. *Shape:* `(n, n_labels)`; NaN rows as in `probabilities`.

        Raises:
            InvalidTextError: a text, or a turn that is read, holds a lone surrogate.

        """
        return self.probabilities(self.logits(texts, max_batch_tokens, previous))

    @property
    def n_outputs(self) -> int:
        """Columns of the model: labels, then auxiliary labels."""
        return len(self.labels) + len(self.bundle.manifest.auxiliary_labels)


def open_classifier(bundle: TextBundle, n_threads: int = 1) -> TextClassifier:
    """Open the model and the tokeniser of a verified bundle.

    Raises:
        BundleInvalidError: the model cannot be opened, or its inputs and outputs are not the format's.

    """
    manifest = bundle.manifest
    tokenizer = open_tokenizer(
        bundle.path / TOKENIZER_FILE,
        manifest.max_tokens,
        manifest.window_stride,
        manifest.spelling,
        manifest.previous_tokens,
    )
    session = open_session(str(bundle.path / MODEL_FILE), n_threads)
    _require_signature(bundle, session)
    return TextClassifier(
        bundle=bundle,
        session=session,
        tokenizer=tokenizer,
        calibration=batch_calibration([bundle.calibration.categories[label] for label in manifest.labels]),
    )


def open_session(model: str, n_threads: int = 1) -> ort.InferenceSession:
    """An onnxruntime session for serving: one thread, and no spinning, which collapses when cores are shared.

    Memory patterns are off: they plan for one shape, and no two batches have the same.

    Raises:
        BundleInvalidError: onnxruntime does not accept the model.

    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.enable_mem_pattern = False
    options.log_severity_level = LOG_ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own classes, which have no common base
        raise BundleInvalidError(f"{model}: onnxruntime cannot open it ({type(error).__name__})") from error


def _require_signature(bundle: TextBundle, session: ort.InferenceSession) -> None:
    """The model takes and gives what the format says, and has a column for every label."""
    inputs = {one.name for one in session.get_inputs()}
    outputs = {one.name: one.shape for one in session.get_outputs()}
    if inputs != {"input_ids", "attention_mask"} or "logits" not in outputs:
        raise BundleInvalidError(f"{bundle.path / MODEL_FILE}: it does not map input_ids and attention_mask to logits")
    n_columns = len(bundle.manifest.labels) + len(bundle.manifest.auxiliary_labels)
    if outputs["logits"][-1] != n_columns:
        raise BundleInvalidError(f"{bundle.path / MODEL_FILE}: it has no column for each of {n_columns} labels")
    size = bundle.manifest.embedding_size
    if size is not None and ("embedding" not in outputs or outputs["embedding"][-1] != size):
        raise BundleInvalidError(f"{bundle.path / MODEL_FILE}: it has no output embedding of {size} columns")
    if bundle.manifest.has_token_logits and ("token_logits" not in outputs or outputs["token_logits"][-1] != n_columns):
        raise BundleInvalidError(f"{bundle.path / MODEL_FILE}: it has no output token_logits of {n_columns} columns")


def _prepared(raw: str, text: str, tokens: TokenizedText) -> PreparedText:
    features = text_features(text, tokens.n_tokens, len(tokens.windows), altered_share(raw, text))
    return PreparedText(text, tokens.windows, tokens.n_tokens, features)
