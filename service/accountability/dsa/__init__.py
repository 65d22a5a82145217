"""Statements of reasons in the schema of the EU's DSA Transparency Database."""
