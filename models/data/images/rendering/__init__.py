"""Rendering: pictures that our own code draws, seeded, so that negatives are not only what photographers took."""
