"""The reference of all settings, read off the settings themselves, so that nothing is described that is not there."""

import inspect
import re
from pathlib import Path
from typing import Final, NamedTuple

import orjson
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from service.settings import ROOT, Settings

_ENTRY: Final = re.compile(r"^    (\w+): ", re.MULTILINE)
_USER: Final = re.compile(r"(://[^:@/?]*:).*@")
_QUERY_SECRET: Final = re.compile(r"([?&](?:password|pass|token|secret)=)[^&]*")
"""Passwords in addresses, such as that of the database."""


class SettingEntry(NamedTuple):
    """One setting. `default` is how it would be written in the environment; empty for none."""

    variable: str
    default: str
    meaning: str


def describe_settings() -> list[SettingEntry]:
    """Every setting, in the order of `Settings`."""
    meanings = _meanings(inspect.getdoc(Settings) or "")
    return [
        SettingEntry(_variable(name, field), _written(field.default), meanings[name])
        for name, field in Settings.model_fields.items()
    ]


def settings_markdown() -> str:
    """The reference as a table for `docs/settings.md`."""
    rows = [f"| `{e.variable}` | {f'`{e.default}`' if e.default else ''} | {e.meaning} |" for e in describe_settings()]
    return "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def current_values(settings: Settings) -> dict[str, str]:
    """The values in effect by variable, as they would be written in the environment; secrets as `***`."""
    return {_variable(name, field): _shown(getattr(settings, name)) for name, field in Settings.model_fields.items()}


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "***" if value.get_secret_value() else ""
    if isinstance(value, Path):
        return str(value.relative_to(ROOT) if value.is_relative_to(ROOT) else value)
    if isinstance(value, dict):
        return orjson.dumps(value, default=str).decode() if value else ""
    return _QUERY_SECRET.sub(r"\1***", _USER.sub(r"\1***@", _written(value)))


def _meanings(doc: str) -> dict[str, str]:
    """The `Attributes` of a docstring by name, each on one line."""
    parts = _ENTRY.split(doc.partition("Attributes:\n")[2])
    return {name: " ".join(text.split()) for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def _variable(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"WEIR_{name.upper()}"


def _written(default: object) -> str:
    if default is None or default == "" or isinstance(default, SecretStr) or callable(default):
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, Path):
        return str(default.relative_to(ROOT))
    return "" if repr(default) == "PydanticUndefined" else str(default)
