"""Loading rules: from YAML, with messages that name the place."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from monitoring.alarms.rules import Rules
from monitoring.errors import RulesError

DEFAULT: Final = Path(__file__).with_name("default.yaml")
"""The rules that ship."""
_MAX_BYTES: Final = 1_000_000


def load_rules(path: Path | None = None) -> Rules:
    """Read a file of rules; the shipped ones without a path.

    Raises:
        RulesError: it cannot be read, or a rule is not one; says which and why.

    """
    return _shipped() if path is None else _read(path)


@cache
def _shipped() -> Rules:
    return _read(DEFAULT)


def _read(path: Path) -> Rules:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RulesError(f"the rules {path} cannot be read: {_why(error)}") from None
    if len(text) > _MAX_BYTES:
        raise RulesError(f"the rules {path} are larger than {_MAX_BYTES:,} characters; is it the right file?")
    return parse_rules(text, str(path))


def _why(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "no such file") if isinstance(error, OSError) else "it is not UTF-8 text"


def parse_rules(text: str, name: str = "rules") -> Rules:
    """Read rules from YAML.

    Args:
        text: the YAML.
        name: what messages call it.

    Raises:
        RulesError: a rule is not one; a line for each mistake.

    """
    try:
        document: object = yaml.safe_load(text)
    except RecursionError:
        raise RulesError(f"{name}: nested too deeply") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark is not None else ""
        raise RulesError(f"{name}{place}: not YAML: {getattr(error, 'problem', None) or 'broken'}") from None
    if not isinstance(document, dict):
        raise RulesError(f"{name}: a mapping with `version: 1` and `rules:` is expected")
    try:
        return Rules.model_validate_json(_as_json(document))
    except (TypeError, RecursionError):
        raise RulesError(f"{name}: names of settings are words, and lists are not nested this deeply") from None
    except ValueError as error:
        raise RulesError(_problems(error, document, name)) from None


def _as_json(document: dict[Any, Any]) -> str:
    """YAML's values as JSON's, so that lists become tuples and words become members."""
    import json

    return json.dumps(document, allow_nan=False, default=str)


def _problems(error: ValueError, document: dict[Any, Any], name: str) -> str:
    if not isinstance(error, ValidationError):
        return f"{name}: a number that is not finite, or a part that holds itself"
    found = error.errors(include_input=False)
    # Where a rule is not one, none of them counts: that the list is too short then says nothing.
    told = [entry for entry in found if entry["type"] != "too_short"] or found
    lines = (f"{_place(entry['loc'], document)}: {entry['msg']}" for entry in told)
    return "\n".join(f"{name}: {line}" for line in lines)


def _place(location: tuple[int | str, ...], document: dict[Any, Any]) -> str:
    """Such as `rule 'silence', horizon_h`: by its name, since nobody counts rules."""
    if len(location) < 2 or location[0] != "rules" or not isinstance(location[1], int):  # noqa: PLR2004
        return ".".join(str(part) for part in location) or "the file"
    rule = document["rules"][location[1]]
    called = (
        repr(rule["name"]) if isinstance(rule, dict) and isinstance(rule.get("name"), str) else f"{location[1] + 1}"
    )
    rest = [str(part) for part in location[2:] if part != (rule.get("kind") if isinstance(rule, dict) else None)]
    return ", ".join([f"rule {called}", *([".".join(rest)] if rest else [])])
