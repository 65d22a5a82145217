"""The HTTP service of Weir: BentoML around an in-process micro-batcher. No torch, no pandas, no training."""
