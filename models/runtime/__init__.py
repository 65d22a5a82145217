"""Bundle -> scores: numpy, onnxruntime and tokenizers. No torch, no transformers, no HTTP.

This file imports nothing, so that `models.runtime.normalization` can be used without onnxruntime.
"""
