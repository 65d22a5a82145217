"""Errors a person can act on. Messages name files, keys and ranges, never a text."""


class TrainingError(Exception):
    """Base of every error of this package."""


class ConfigError(TrainingError):
    """The configuration file is missing, is not TOML, or has a key or value that no run understands."""


class EncoderError(TrainingError):
    """The encoder cannot be found, or downloading it was not allowed."""


class CheckpointError(TrainingError):
    """A checkpoint is missing, incomplete, or belongs to another run."""


class NothingToLearnError(TrainingError):
    """The training split is empty, or no label has enough positives for a head."""
