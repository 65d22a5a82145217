"""Errors of the rollout: what cannot be stored, activated or taken back; the messages say what to do instead."""


class RolloutError(Exception):
    """It cannot be done now, or not at all."""


class UnknownPolicyError(RolloutError):
    """No policy of that version is stored."""

    def __init__(self, version: str) -> None:
        super().__init__(f"no policy of version {version} is stored; `weir policy list` shows those that are")


class NothingToRollBackError(RolloutError):
    """No policy decided before the one that does."""


class UnusablePolicyError(RolloutError):
    """The policy reads well, but cannot decide with the bundles that serve."""
