"""Undisguise: a normalised text as it was meant to be read, before words are cut into tokens."""


def undisguise(text: str) -> str:
    """Undo what hides words from a model, and name emoji."""
    return text
