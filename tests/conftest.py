"""What every test shares: properties are checked without a clock, because the machine may be busy."""

import os

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

os.environ.setdefault("WEIR_MONITOR_NICE", "0")  # what runs in this process shall not slow down what comes after it
