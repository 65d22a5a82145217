"""Pictures: how well a model speaks of sources it has never seen, where it points, and what is blurred for it."""
