"""Rollout: how a policy comes to power, is tried before, and is taken back."""
