"""Pictures: from bytes to scores, places and words."""
