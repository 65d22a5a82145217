"""Refitting: reviewed labels -> the heads of a bundle, in minutes and without its checkpoint.

The encoder stays as it is, so embeddings, and everything that reads them, keep their meaning. Each head is one vector
over the embedding; it moves from where it is, as far as what people said of real items supports, and no further.
"""
