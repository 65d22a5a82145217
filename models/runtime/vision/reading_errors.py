"""Errors of reading."""


class ReadingError(Exception):
    """A picture could not be read. The caller may go on without its words, if it says so."""
