"""Outcomes that metrics count by."""

from enum import StrEnum


class Reading(StrEnum):
    """What became of one picture's words."""

    SKIPPED = "skipped"
    """The gate saw none."""
    READ = "read"
    EMPTY = "empty"
    """The gate saw some, and the reader found none."""
    FAILED = "failed"
    """The reader failed, or took too long."""
