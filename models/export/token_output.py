"""Token output: a text model gives, beside a text's logits, what every token of it says.

The heads are one linear map and pooling is a mean, so the same heads on a single token vector give that token's share:
the mean of the token logits over a window is the window's logit. That is evidence without gradients and without a
second model, and a head that is trained on marked words (`aux/evidence`) is read at the same place.

The output costs one small product, and a caller that does not ask for it pays nothing worth measuring: see
`docs/evidence.md`.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.export.embedding_output import LOGITS
from models.export.errors import ExportError, ParityError
from models.export.graph import add_constant, attributes, copy_of, view
from models.runtime.batching import Float32s, TokenIds
from models.runtime.classifier import TextClassifier

OUTPUT: Final = "token_logits"
MAX_MEAN_DIFFERENCE: Final = 1e-3
"""Between a window's logit and the mean over its tokens: rounding of float32 sums in another order, for logits of up
to a few dozen."""

_WEIGHTS: Final = "token_heads_weight"
_BIAS: Final = "token_heads_bias"


def expose_token_logits(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with a further output `token_logits`, *Shape:* `(n, t, n_labels + n_auxiliary)` float32.

    Rows of padding hold numbers that mean nothing.

    Raises:
        ExportError: the logits are not one product of constants and the mean of token vectors.

    """
    exposed = copy_of(model)
    graph = view(exposed)
    head = graph.producers.get(LOGITS)
    if (
        head is None
        or head.op_type not in {"Gemm", "MatMul"}
        or any(name not in graph.constants for name in head.input[1:])
    ):
        raise ExportError("the model's logits are not the product of an embedding and one matrix of heads")
    vectors = _token_vectors(exposed, head.input[0])
    weight = graph.constant(head.input[1])
    weight = weight.T if attributes(head).get("transB", 0) else weight
    biases = [graph.constant(name) for name in head.input[2:]] or [np.zeros(weight.shape[1], dtype=np.float32)]
    heads = add_constant(exposed, _WEIGHTS, np.ascontiguousarray(weight))
    shift = add_constant(exposed, _BIAS, biases[0])
    exposed.graph.node.append(helper.make_node("MatMul", [vectors, heads], ["token_products"], "token_heads"))
    exposed.graph.node.append(helper.make_node("Add", ["token_products", shift], [OUTPUT], "token_bias"))
    shape = ["batch", "tokens", weight.shape[1]]
    exposed.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, shape))
    return exposed


def require_token_logits(classifier: TextClassifier, windows: Sequence[TokenIds]) -> float:
    """Check that token logits average to the logits of their windows, alone and beside longer ones.

    Returns:
        The largest difference.

    Raises:
        ParityError: it is more than rounding.

    """
    batches = [[window] for window in windows] + [list(windows)]
    difference = max(_mean_difference(classifier, batch) for batch in batches)
    if not difference <= MAX_MEAN_DIFFERENCE:
        limit = f"limit {MAX_MEAN_DIFFERENCE:.0e}"
        raise ParityError([f"logits against the mean of token logits: {difference:.2e}, {limit}"])
    return difference


def _mean_difference(classifier: TextClassifier, windows: Sequence[TokenIds]) -> float:
    logits, tokens = classifier.infer_tokens(windows)
    means: list[Float32s] = [rows.mean(axis=0) for rows in tokens]
    return float(np.abs(np.stack(means) - logits).max())


def _token_vectors(model: onnx.ModelProto, embedding: str) -> str:
    """The name of the token vectors that a mean over tokens, `embedding`, was made of.

    Followed upwards: the division by the number of tokens, the sum over them, and the product with the mask.
    """
    graph, name = view(model), embedding
    for operator in ("Div", "ReduceSum", "Mul"):
        node = graph.producers.get(name)
        if node is None or node.op_type != operator:
            raise ExportError("what the model's heads read is not a mean of token vectors")
        name = node.input[0]
    return name
