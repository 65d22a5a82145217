"""Demonstrations: real posts as the traffic of a site, and shifts that come over it."""
