"""Drift: whether a window differs from its reference by more than chance and by enough to matter."""
