"""Faults: how an unexpected exception is written down without quoting what a person posted."""

import traceback


def describe(error: BaseException) -> str:
    """The exception's type and where it was raised; never its message, which may quote the input.

    >>> try:
    ...     int("private words")
    ... except ValueError as error:
    ...     describe(error).split(" at ")[0]
    'ValueError'
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[-4:]))
    return f"{type(error).__name__} at {places or 'an unknown place'}"
