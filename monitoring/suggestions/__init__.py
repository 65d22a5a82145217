"""Suggestions: which decisions a person should label next, because their labels would teach most."""
