"""Policies: thresholds in, an action and its reasons out."""
