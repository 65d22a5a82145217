"""Replay: what another policy would have done with decisions that the log has."""
