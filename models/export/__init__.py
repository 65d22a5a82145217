"""Checkpoint -> bundle: optimum to ONNX, fused, quantized, parity-checked, with a manifest and a card."""
