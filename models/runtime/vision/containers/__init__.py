"""Containers: what a file says about itself, read from its bytes without decoding a pixel.

Each module surveys one format and hands the decoder a file that holds only what is needed: no comments, colour
profiles, thumbnails or further pictures, and few frames. What a decoder never sees cannot hurt it.
"""
