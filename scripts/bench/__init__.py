"""Repeatable side-by-side measurements: what serving costs, in one interleaved run on one machine."""
