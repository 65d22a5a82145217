"""Recognising content that is already known: fingerprints of pictures and texts, and indexes to look them up in.

This file imports nothing, so that one fingerprint can be used without the libraries of the others.
"""
