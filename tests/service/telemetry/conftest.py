"""Services with and without eyes, for what they say of themselves."""

from tests.service.vision.conftest import reader, seeing_engine, seeing_product, seeing_settings

__all__ = ["reader", "seeing_engine", "seeing_product", "seeing_settings"]
