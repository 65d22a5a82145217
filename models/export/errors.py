"""Errors of the export: what stops a bundle from being written."""

from collections.abc import Sequence


class ExportError(Exception):
    """A bundle cannot be exported."""


class ParityError(ExportError):
    """The exported model is not the trained model within the limits.

    Attributes:
        failures: one line a gate: what was measured, and the limit.

    """

    def __init__(self, failures: Sequence[str]) -> None:
        self.failures = tuple(failures)
        super().__init__(f"{len(failures)} parity gates failed: " + "; ".join(failures))
