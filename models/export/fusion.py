"""Fusion: the same function in fewer and faster operators, by onnxruntime's transformer optimiser."""

from pathlib import Path

import onnx
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model

from models.export.graph import MICROSOFT, require_domain


def fuse(path: Path, n_heads: int, hidden_size: int, *, attention: bool = True) -> onnx.ModelProto:
    """Fuse attention, LayerNorm and Gelu of a float model on disk.

    What looks like a missed fusion is one: biases stay apart from Gelu and LayerNorm, because a quantized matrix
    product adds them at no cost; the residual sum stays apart from LayerNorm, because onnxruntime's fused kernel
    (SkipLayerNormalization) took five times as long as an addition and a LayerNormalization; embeddings stay
    apart, because their table is quantized by row, which the fused operator cannot express.

    Args:
        path: the float model.
        n_heads: attention heads a layer.
        hidden_size: width of the encoder.
        attention: fuse attention into one operator; quantizers that know only plain products need it apart.

    """
    options = FusionOptions("bert")
    options.enable_attention = attention
    options.enable_embed_layer_norm = False
    options.enable_bias_gelu = False
    options.enable_bias_skip_layer_norm = False
    options.enable_skip_layer_norm = False
    optimized = optimize_model(
        str(path),
        model_type="bert",
        num_heads=n_heads,
        hidden_size=hidden_size,
        optimization_options=options,
        opt_level=0,
    )
    model: onnx.ModelProto = optimized.model
    require_domain(model, MICROSOFT)
    return model
