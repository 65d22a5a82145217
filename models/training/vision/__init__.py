"""Pictures -> checkpoint: one EfficientNet-Lite0, a head a harm, a map of places, an embedding for copies."""
