"""Accountability: what verifies, purges, erases and reports what the service has decided and done."""
