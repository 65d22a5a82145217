"""Scoring: one way to run torch, float ONNX and int8 ONNX over the same windows, so that only the model differs."""

from collections.abc import Callable, Sequence

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from models.runtime.batching import Float32s, Run, TokenIds, pad_windows, plan_batches, pool_windows
from models.runtime.tokenization import TokenizedText
from models.training.classifier import TextClassifier

Report = Callable[[str, int, int], None]
"""Told the stage, what is done and what there is to do."""

MAX_BATCH_TOKENS = 4096


def silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


def torch_run(classifier: TextClassifier) -> Run:
    """Run a checkpoint's classifier."""

    def run(windows: Sequence[TokenIds]) -> Float32s:
        ids, mask = pad_windows(windows)
        with torch.inference_mode():
            logits: Float32s = classifier(torch.from_numpy(ids), torch.from_numpy(mask)).float().numpy()
        return logits

    return run


def onnx_run(session: ort.InferenceSession) -> Run:
    """Run an exported model."""

    def run(windows: Sequence[TokenIds]) -> Float32s:
        ids, mask = pad_windows(windows)
        logits: Float32s = session.run(("logits",), {"input_ids": ids, "attention_mask": mask})[0]
        return logits

    return run


def pooled_logits(run: Run, texts: Sequence[TokenizedText], stage: str = "", report: Report = silent) -> Float32s:
    """Logits of texts, batched by length, windows pooled. *Shape:* `(n, k)`.

    Args:
        run: the model.
        texts: one or more.
        stage: the name under which progress is reported.
        report: told of every batch.

    """
    windows = [window for text in texts for window in text.windows]
    batches = plan_batches([len(window) for window in windows], MAX_BATCH_TOKENS)
    outputs: list[Float32s] = []
    n_done = 0
    for batch in batches:
        outputs.append(run([windows[index] for index in batch]))
        n_done += len(batch)
        report(stage, n_done, len(windows))
    logits = np.concatenate(outputs)[np.argsort(np.concatenate(batches))]
    return pool_windows(logits, [len(text.windows) for text in texts])


def batched_logits(run: Run, windows: Sequence[TokenIds], size: int) -> NDArray[np.float32]:
    """Logits of windows in batches of a fixed size, in the order given, so of very mixed lengths. *Shape:* `(n, k)`."""
    return np.concatenate([run(windows[start : start + size]) for start in range(0, len(windows), size)])
