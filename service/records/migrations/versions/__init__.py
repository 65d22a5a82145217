"""One module a version; `down_revision` chains them."""
