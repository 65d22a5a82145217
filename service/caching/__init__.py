"""Caching: scores of texts that were scored before, by what they say, who scored them and the active policy."""
