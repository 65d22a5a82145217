"""Names of settings: a variable that looks like a setting and is none was meant to be one."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from service.settings import Settings

_PREFIX: Final = "WEIR_"
_OTHERS: Final = frozenset(
    {
        "WEIR_API_KEY",
        "WEIR_DATA_MIRROR",
        "WEIR_PAGE_FIGURE",
        "WEIR_SUPERVISOR",
        "WEIR_TEST_BUNDLES",
        "WEIR_URL",
        "WEIR_WEBHOOK_SECRET",
    }
)
"""Variables that commands, tests and the supervisor read themselves; a test finds them in the repository."""
_MONITORING: Final = "WEIR_MONITOR_"
"""Settings of monitoring, which the service does not know; monitoring reads them itself."""
_KUBERNETES: Final = re.compile(r"WEIR_(SERVICE_(HOST|PORT)|PORT)(_.*)?")
"""What Kubernetes gives every pod beside a service named `weir`."""


def strange_names(variables: Iterable[str]) -> list[str]:
    """A warning for every `WEIR_` variable that nothing reads, with the setting that it resembles most.

    Args:
        variables: names in the environment. Values are not looked at.

    """
    known = [f"{_PREFIX}{name.upper()}" for name in Settings.model_fields]
    warnings = []
    for variable in sorted(variables):
        name = variable.upper()  # the environment is read without regard to case
        if not name.startswith(_PREFIX) or name.startswith(_MONITORING) or name in known or name in _OTHERS:
            continue
        if _KUBERNETES.fullmatch(name):
            continue
        near = get_close_matches(name, known, n=1)
        meant = f"did you mean {near[0]}?" if near else "`weir settings` lists all of them"
        warnings.append(f"{variable} is no setting and has no effect: {meant}")
    return warnings
