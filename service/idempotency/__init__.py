"""Idempotency: a request that is repeated with the same key gets the decisions of the first."""
