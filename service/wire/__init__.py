"""Wire formats: bytes to items, judgements to bytes. Strict, and without pydantic for each request."""
