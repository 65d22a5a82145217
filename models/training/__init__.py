"""Examples -> checkpoint. torch and transformers live here and in `models.export`, and nowhere else.

This file imports nothing, so that one module can be used without loading the others.
"""
