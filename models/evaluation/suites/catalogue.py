"""Catalogue: the suites there are, by the name that the command line gives them.

A suite's module is imported when it is asked for and not before: a suite that cannot be imported keeps no other from
running.
"""

import importlib
from collections.abc import Sequence
from typing import Final, cast

from models.evaluation.suites.report import Run
from models.evaluation.suites.rows import SuiteSkippedError

PACKAGE: Final = "models.evaluation.suites"
ALL: Final = "all"

SUITES: Final[dict[str, str]] = {
    "held-out": "held_out",
    "official": "official",
    "spans": "spans",
    "behaviour": "behaviour",
    "identity-templates": "identity_templates",
    "attacks": "attacks",
    "fairness": "fairness",
    "severity": "severity",
    "length": "length",
    "context": "context",
}
"""Name -> module with a function `run(model, out, progress)`, in the order of the report."""
WITHOUT_ROWS: Final = frozenset({"behaviour", "identity-templates"})
"""Suites on texts of their own, all of which they always take."""


def chosen_suites(names: Sequence[str]) -> tuple[str, ...]:
    """The suites asked for, each once, in the order of the catalogue; `all` is every one.

    Raises:
        ValueError: a name is not in the catalogue.

    """
    unknown = sorted(set(names) - {ALL, *SUITES})
    if unknown:
        raise ValueError(f"no suite is called {', '.join(unknown)}; there are {', '.join(SUITES)} and {ALL}")
    return tuple(name for name in SUITES if ALL in names or name in names)


def load_suite(name: str) -> Run:
    """The function of a suite.

    Raises:
        SuiteSkippedError: this version of Weir has no such module.

    """
    module_name = f"{PACKAGE}.{SUITES[name]}"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name:
            raise
        raise SuiteSkippedError("this version has no such suite yet") from error
    return cast("Run", module.run)
