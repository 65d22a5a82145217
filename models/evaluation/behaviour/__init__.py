"""Behaviour: what a text model has to get right, one functionality at a time, in texts that were written for it."""
