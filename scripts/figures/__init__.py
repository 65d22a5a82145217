"""Pictures of pages for the documentation, taken from a real browser."""
