"""Wire formats: bytes to items, judgements to bytes. One module an endpoint, strict and without pydantic per request."""
