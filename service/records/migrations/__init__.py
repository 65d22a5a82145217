"""Versions of the decision log's schema, applied at start."""
