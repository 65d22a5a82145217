"""Comparison: a bundle that ran in shadow against the one that decided, on the same decisions and the same labels."""
