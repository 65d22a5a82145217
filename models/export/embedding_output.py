"""Embedding output: a text model gives, beside its logits, the sentence vector that its heads read.

Known content is found again by it, and joint models are trained on it. The vector is inside the graph anyway, so the
output costs nothing: no node is added, one value gets a name that callers can ask for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.contracts.bundle import TextManifest
from models.export.card import embedding_section
from models.export.errors import ExportError, ParityError
from models.export.graph import attributes, copy_of, view
from models.export.parity import BATCH_SIZES, read_corpus
from models.export.scoring import batched_logits
from models.export.writing import copy_bundle, replaced_folder, write_manifest
from models.runtime.batching import Float32s, TokenIds
from models.runtime.bundle import CARD_FILE, MODEL_FILE, TextBundle, load_text_bundle
from models.runtime.classifier import TextClassifier, open_classifier

EMBEDDING = "embedding"
LOGITS = "logits"
MAX_BATCH_DIFFERENCE = 1e-5
"""Rounding may differ with the shape of a batch, and nothing else."""


@dataclass(frozen=True)
class EmbeddingCheck:
    """What the output changed and how steady it is, over the parity corpus.

    Attributes:
        logits_difference: largest difference between logits before and after; 0 means bit-identical.
        batch_difference: largest difference between an embedding alone and in batches of mixed lengths.

    """

    logits_difference: float
    batch_difference: float


def expose_embedding(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with a second output `embedding`, *Shape:* `(n, hidden)` float32: what its last product reads.

    Raises:
        ExportError: the logits are not one product of a vector and a matrix of constants.

    """
    exposed = copy_of(model)
    graph = view(exposed)
    head = graph.producers.get(LOGITS)
    if head is None or head.op_type not in {"Gemm", "MatMul"} or head.input[1] not in graph.constants:
        raise ExportError("the model's logits are not the product of an embedding and one matrix of heads")
    is_transposed = bool(attributes(head).get("transB", 0))
    size = graph.constants[head.input[1]].dims[1 if is_transposed else 0]
    _rename(exposed, head.input[0], EMBEDDING)
    exposed.graph.output.append(helper.make_tensor_value_info(EMBEDDING, TensorProto.FLOAT, ["batch", size]))
    return exposed


def embedding_size(model: onnx.ModelProto) -> int:
    """Columns of the output `embedding`.

    Raises:
        ExportError: the model has none.

    """
    for output in model.graph.output:
        if output.name == EMBEDDING:
            return int(output.type.tensor_type.shape.dim[-1].dim_value)
    raise ExportError("the model has no output `embedding`")


def add_embedding(bundle: TextBundle, version: str, out: Path) -> tuple[TextBundle, EmbeddingCheck]:
    """Write a bundle again with the output `embedding`: same weights, same tables, a new version.

    Args:
        bundle: one without the output.
        version: of the new bundle, because its digests change.
        out: its folder; may be the old bundle's.

    Raises:
        ExportError: the bundle has the output already, or its model does not end in one product.
        ParityError: a logit changed, or an embedding depends on its batch. Nothing is written.

    """
    if bundle.manifest.embedding_size is not None:
        raise ExportError(f"{bundle.path} gives embeddings already")
    before = open_classifier(bundle)
    model = expose_embedding(onnx.load(str(bundle.path / MODEL_FILE)))
    changes = {"version": version, "embedding_size": embedding_size(model)}
    manifest = TextManifest.model_validate(bundle.manifest.model_dump() | changes)
    with replaced_folder(out) as folder:
        copy_bundle(bundle, folder)
        onnx.save(model, str(folder / MODEL_FILE))
        write_manifest(folder, manifest, _card(bundle, manifest))
        check = _require_same(before, open_classifier(load_text_bundle(folder)))
    return load_text_bundle(out), check


def _rename(model: onnx.ModelProto, old: str, new: str) -> None:
    for node in model.graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == old:
                    names[index] = new


def _card(bundle: TextBundle, manifest: TextManifest) -> str:
    """The old card under the new version, with the section that newly exported bundles have."""
    old = (bundle.path / CARD_FILE).read_text(encoding="utf-8")
    titled = old.replace(f"# {manifest.name} {bundle.manifest.version}", f"# {manifest.name} {manifest.version}", 1)
    return titled.replace("## Limits\n", f"{embedding_section(manifest)}\n\n## Limits\n", 1)


def _require_same(before: TextClassifier, after: TextClassifier) -> EmbeddingCheck:
    windows = [window for one in after.prepare(read_corpus()) for window in one.windows]
    changed = [np.abs(_logits(before, windows, size) - _logits(after, windows, size)).max() for size in BATCH_SIZES]
    check = EmbeddingCheck(float(max(changed)), embedding_batch_difference(after, windows))
    if check.logits_difference > 0.0 or not check.batch_difference <= MAX_BATCH_DIFFERENCE:
        steady = f"embeddings alone against in a batch: {check.batch_difference:.2e}, limit {MAX_BATCH_DIFFERENCE:.0e}"
        raise ParityError([f"logits changed by {check.logits_difference:.2e}, limit 0; {steady}"])
    return check


def embedding_batch_difference(classifier: TextClassifier, windows: list[TokenIds]) -> float:
    """Largest difference between the embedding of a window alone and in batches of mixed lengths."""

    def run(batch: Sequence[TokenIds]) -> Float32s:
        return classifier.infer_embeddings(batch)[1]

    alone = batched_logits(run, windows, 1)
    together = (batched_logits(run, windows, size) for size in BATCH_SIZES)
    return float(max(np.abs(alone - embeddings).max() for embeddings in together))


def _logits(classifier: TextClassifier, windows: list[TokenIds], size: int) -> Float32s:
    return batched_logits(classifier.infer, windows, size)
