"""Webhooks: signed messages to the caller's own servers about what was decided, at least once each."""
