"""Errors a person can act on. Messages name files, sets and ranges, never a text."""


class DataError(Exception):
    """Base of every error of this package."""


class ChecksumError(DataError):
    """A file is not the file the registry knows."""


class MissingFileError(DataError):
    """A file is neither in the mirror nor downloadable."""


class UnknownSourceError(DataError):
    """A set was asked for that the registry does not hold."""


class LeakError(DataError):
    """The splits share something they must not share; nothing was written."""
