"""What every test shares: properties are checked without a clock, as the machine may be busy, and no test sees settings
that another one read."""

import os
import sys

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

os.environ.setdefault("WEIR_MONITOR_NICE", "0")  # what runs in this process shall not slow down what comes after it


@pytest.fixture(autouse=True)
def settings_are_read_anew() -> None:
    """The environment is read once a process, and many tests share one. What has no settings needs no import."""
    if "service.settings" in sys.modules:
        sys.modules["service.settings"].load_settings.cache_clear()
