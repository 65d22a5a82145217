"""The typed Python client: the service's description of itself, and the package that is generated from it."""
