"""Mapping: the names of the label columns, for those who only read the dataset."""

from models.data.labels import AUXILIARY_LABELS, LABELS, encode

__all__ = ["AUXILIARY_LABELS", "LABELS", "encode"]
