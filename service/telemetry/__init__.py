"""Telemetry: what the service says of itself while it works, in logs and traces. Never anything of what people post."""
