"""Memes: what a joint model of words and pictures is trained on."""
