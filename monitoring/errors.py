"""Errors of monitoring that a person can do something about. Messages say what to do and never show content."""


class MonitoringError(Exception):
    """Something that monitoring needs is missing or broken."""


class SourceError(MonitoringError):
    """Decisions cannot be read: no such store, not a store, too old, or damaged."""


class ReferenceWindowError(MonitoringError):
    """There is no reference window to compare with, or it does not fit."""


class RulesError(MonitoringError):
    """The file of alarm rules is not usable; the message names the place."""


class BusyError(MonitoringError):
    """Another monitor runs in the same folder."""
