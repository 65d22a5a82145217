"""The same reference as for reports."""

from tests.monitoring.reports.conftest import reference

__all__ = ["reference"]
